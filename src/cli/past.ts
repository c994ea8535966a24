/** The commands that look back: `why`, `history` and `events` ask what a daemon remembers, `logs` reads files. */

import { type Command, Option } from 'commander'
import { EXIT_REASONS } from '../../protocol/children.js'
import type { EventsOptions } from './events.js'
import type { HistoryOptions } from './history.js'
import type { LogsOptions } from './logs.js'
import {
  addDaemonOptions,
  addReadingOptions,
  countOption,
  cursorOrSinceOption,
  LOOK_MS,
  sinceOption,
  stateDirOption,
  WAIT_MAX_MS,
} from './options.js'
import type { PlanOptions } from './plan.js'
import type { WhyOptions } from './why.js'

/** Ends listed by default. */
const MOST = 50

/** Adds them to the program; `done` hears the exit code. */
export function addPast(program: Command, done: (code: number) => void): void {
  const why = program
    .command('why')
    .description('say why a spawn was refused, why a process ended, or what bounds one that lives')
    .argument('<subject>', 'a refusal as its message names it, a pid, a name, or service:name')
  addReadingOptions(why, {
    json: 'as one JSON object',
    quiet: 'only what it is, without what it comes from',
    timeout: 'how long the answer may take',
  }).action(async (subject: string, options: WhyOptions) => {
    const { whyCommand } = await import('./why.js')
    done(await whyCommand(subject, options))
  })
  const history = program
    .command('history')
    .description('list the processes that have ended, the latest last')
    .argument('[subject]', 'only these: a service, a name, a pid, or service:name')
    .addOption(
      new Option('--since <when>', 'only ends since then: 10m, or 2026-01-31T12:00:00Z').argParser(
        sinceOption('--since'),
      ),
    )
    .option('--exit <code>', 'only with this exit code', countOption('--exit'))
    .addOption(new Option('--reason <reason>', 'only for this reason').choices(EXIT_REASONS))
    .addOption(
      new Option('-n, --most <n>', 'the latest so many, up to 10000').argParser(countOption('--most')).default(MOST),
    )
  addReadingOptions(history, {
    json: 'one JSON object an end',
    quiet: 'pids only',
    timeout: 'how long the answer may take',
  }).action(async (subject: string | undefined, options: HistoryOptions) => {
    const { historyCommand } = await import('./history.js')
    done(await historyCommand(subject, options))
  })
  const events = program
    .command('events')
    .description('show what happened, event by event: all that is kept, or with -f what comes')
    .argument('[service]', 'only events of this one')
    .option('-f, --follow', 'go on with what comes, until the daemon ends', false)
    .addOption(
      new Option(
        '--since <place>',
        'begin behind a cursor that events gave, or at a time: 10m, 2026-01-31T12:00:00Z',
      ).argParser(cursorOrSinceOption('--since')),
    )
  addReadingOptions(events, {
    json: 'one JSON object an event, with its cursor',
    quiet: 'events only: neither a cursor at the end, nor how many are kept no more',
    timeout: 'how long an answer, or with -f a daemon that comes back, may take',
  }).action(async (service: string | undefined, options: EventsOptions) => {
    const { eventsCommand } = await import('./events.js')
    done(await eventsCommand(service, options))
  })
  const logs = program
    .command('logs')
    .description('show what services have written to stdout and stderr; no daemon is needed')
    .argument('[subject]', 'only these: a service, a child, a pid, or service:child')
    .option('-f, --follow', 'and what they write from now on', false)
    .addOption(
      new Option('--since <when>', 'only lines since then, all of them: 10m, or 2026-01-31T12:00:00Z').argParser(
        sinceOption('--since'),
      ),
    )
    .addOption(
      new Option('-n, --lines <n>', 'the latest so many (default: 100, with --since all)').argParser(
        countOption('--lines'),
      ),
    )
    .option('--grep <pattern>', 'only lines in which this JavaScript regular expression is found')
    .addOption(stateDirOption())
  addReadingOptions(logs, {
    json: 'one JSON object a line',
    quiet: 'the text of the lines only',
    timeout: 'how long the output may wait to be read',
    // A pager may stand still as long as it likes.
    timeoutMs: WAIT_MAX_MS,
  }).action(async (subject: string | undefined, options: LogsOptions) => {
    const { logsCommand } = await import('./logs.js')
    done(await logsCommand(subject, options))
  })
  const plan = program
    .command('plan')
    .description('say what the limits of another config would have done to what was asked')
    .requiredOption('-c, --config <file>', 'the config with the other limits')
    .addOption(
      new Option(
        '--last <duration>',
        'only what was asked in this time, such as 1h (default: all that is kept)',
      ).argParser(sinceOption('--last')),
    )
    .option('--json', 'as one JSON object', false)
  addDaemonOptions(plan, LOOK_MS, 'how long the answer may take').action(async (options: PlanOptions) => {
    const { planCommand } = await import('./plan.js')
    done(await planCommand(options))
  })
}
