/** The command `top` and its options. */

import { type Command, Option } from 'commander'
import { SORTS } from '../top/sort.js'
import { addDaemonOptions, durationOption, LOOK_MS, stateDirOption } from './options.js'
import type { TopOptions } from './top.js'

/** Between two looks at the daemon by default, in ms. */
const INTERVAL_MS = 1000

/** Adds it to the program; `done` hears the exit code. */
export function addTop(program: Command, done: (code: number) => void): void {
  const top = program
    .command('top')
    .description('show what runs, live: quotas as bars, processes to sort, filter, fold and end; ? names its keys')
    .option('--once', 'print one picture and leave, on any output', false)
    .addOption(new Option('--sort <order>', 'order of the processes at the beginning').choices(SORTS).default('tree'))
    .option('--filter <text>', 'only what has this in its name, pid, state, kind or command', '')
    .addOption(
      new Option('--interval <duration>', 'time between two looks')
        .argParser(durationOption('--interval'))
        .default(INTERVAL_MS, '1s'),
    )
    .option('--no-color', 'no colours (as with NO_COLOR in the environment)')
    .addOption(stateDirOption())
  addDaemonOptions(top, LOOK_MS, 'how long an answer may take').action(async (options: TopOptions) => {
    const { topCommand } = await import('./top.js')
    done(await topCommand(options))
  })
}
