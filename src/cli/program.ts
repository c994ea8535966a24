/** The command line: commands, options, help. Each command's own module is loaded only when it is called. */

import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { harmless } from '../terminal/harmless.js'
import { addBackground } from './background.js'
import { addChanging } from './changing.js'
import { addCompletion } from './completion.js'
import { addConfig } from './config.js'
import { EXIT } from './exit-codes.js'
import { describeFailure } from './failing.js'
import { addListings } from './listing.js'
import {
  addDaemonOptions,
  addReadingOptions,
  countOption,
  durationOption,
  pidOption,
  runtimeDirOption,
  sizeOption,
  stateDirOption,
  timeoutOption,
} from './options.js'
import { addPast } from './past.js'
import type { DaemonOptions } from './place.js'
import type { RunOptions } from './run-services.js'
import type { SpawnCommandOptions } from './spawn.js'
import { addTop } from './top-options.js'
import type { TreeOptions } from './tree.js'

/** How long a call to the daemon may take by default, in ms. */
const CALL_MS = 10_000

/** How long `stop` waits for processes to end by default, in ms: longer than any usual grace. */
const STOP_MS = 60_000

/** Runs one command line (without node and script) and answers its exit code; never rejects. */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that has gone away (`| head`) is no failure of ours.
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
  let code: number = EXIT.ok
  const program = createProgram(result => {
    code = result
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    // Commander has printed its own sentence; help and version are no failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    const failure = describeFailure(error)
    process.stderr.write(`${failure.lines.join('\n')}\n`)
    return failure.code
  }
}

/** The one table of commands; `done` hears the exit code of the one that was called. */
export function createProgram(done: (code: number) => void): Command {
  const program = new Command('espalier')
    .description('A supervisor for services that fork: every service gets a budget, and its processes spawn within it.')
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({ outputError: (text, write) => write(text.split('\n').map(harmless).join('\n')) })
    .showHelpAfterError('(--help says what is possible)')
    .addHelpText('after', EXIT_CODES_HELP)
    .option('-V, --version', 'print the version')
    .on('option:version', printVersion)
  addRun(program, done)
  addSpawn(program, done)
  addTree(program, done)
  addStop(program, done)
  addBackground(program, done)
  addListings(program, done)
  addConfig(program, done)
  addPast(program, done)
  addTop(program, done)
  addChanging(program, done)
  addCompletion(program, done)
  return program
}

/** From dist/src/cli, where this file lies. */
const PACKAGE_FILE = '../../../package.json'

/** @throws {CommanderError} with exit code 0, as help does */
function printVersion(): never {
  const { version } = JSON.parse(readFileSync(new URL(PACKAGE_FILE, import.meta.url), 'utf8'))
  process.stdout.write(`${version}\n`)
  throw new CommanderError(EXIT.ok, 'espalier.version', version)
}

/** What stands below every help, and in the man page. */
export const EXIT_CODES_HELP = `
Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 refused by a limit, 5 timeout, 6 daemon unreachable, 7 bad config.
"run -- command" and "spawn --wait" end as the process did: its code, or 128 + n for signal n.`

function addRun(program: Command, done: (code: number) => void): void {
  program
    .command('run')
    .description('run the services of a config, or one command, in the foreground until all have ended')
    .argument('[command...]', 'one command to run as a service, after --')
    .option('-c, --config <file>', 'config with services (default: espalier.yaml here, unless a command is given)')
    .option('--children <n>', 'direct children that any process may have', countOption('--children'))
    .option('--depth <n>', 'levels of the tree, the root counted', countOption('--depth'))
    .option('--descendants <n>', 'processes below the command, all levels', countOption('--descendants'))
    .option('--memory <size>', 'memory of all together, such as 512M', sizeOption('--memory'))
    .option('--ttl <duration>', 'end it all after this time, such as 30s', durationOption('--ttl'))
    .option('--show-tree', 'show the tree as it changes', false)
    .option(
      '--timeout <duration>',
      'end it all after this time and exit 5 (default: none)',
      durationOption('--timeout'),
    )
    .addOption(runtimeDirOption())
    .addOption(stateDirOption())
    .passThroughOptions()
    .action(async (command: readonly string[], options: RunOptions) => {
      const { runCommand } = await import('./run.js')
      done(await runCommand(command, options))
    })
}

function addSpawn(program: Command, done: (code: number) => void): void {
  program
    .command('spawn')
    .description('from inside a service: start a child of the calling process, and print its pid')
    .argument('<command...>', 'the command, after --')
    .requiredOption('--name <name>', 'name of the child: 1 to 64 of A-Z a-z 0-9 . _ -')
    .option('--ttl <duration>', 'end it after this time, with everything below it', durationOption('--ttl'))
    .option('--parent-pid <pid>', 'a living process below the calling one as the parent', pidOption('--parent-pid'))
    .option('--wait', 'wait for its end, and end as it did', false)
    .addOption(timeoutOption(CALL_MS, 'how long the spawn may take'))
    .addOption(
      new Option('--wait-timeout <duration>', 'how long the child may take with --wait (default: 1d)').argParser(
        durationOption('--wait-timeout'),
      ),
    )
    .passThroughOptions()
    .action(async (command: readonly string[], options: SpawnCommandOptions) => {
      const { spawnCommand } = await import('./spawn.js')
      done(await spawnCommand(command, options))
    })
}

function addTree(program: Command, done: (code: number) => void): void {
  const tree = program
    .command('tree')
    .description('show every service with its quotas, and the processes below it')
    .option('--watch', 'look again and again until the daemon ends', false)
  addReadingOptions(tree, {
    json: 'one JSON object a look',
    quiet: 'pids only, parents before their children',
    timeout: 'how long a look may take',
  }).action(async (options: TreeOptions) => {
    const { treeCommand } = await import('./tree.js')
    done(await treeCommand(options))
  })
}

function addStop(program: Command, done: (code: number) => void): void {
  const stop = program
    .command('stop')
    .description('end a service, or all: TERM, its grace, KILL; returns when it has ended')
    .argument('[service]', 'name of the service (default: all)')
  addDaemonOptions(stop, STOP_MS, 'how long to wait for the end').action(
    async (service: string | undefined, options: DaemonOptions) => {
      const { stopCommand } = await import('./stop.js')
      done(await stopCommand(service, options))
    },
  )
}
