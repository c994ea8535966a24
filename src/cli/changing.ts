/** The commands that change what runs, and show it: `limits get`, `limits set`, `reload`. */

import type { Command } from 'commander'
import type { LimitsOptions } from './limits.js'
import { runtimeDirOption, timeoutOption } from './options.js'
import type { ReloadOptions } from './reload.js'

/** How long an answer may take by default, in ms. */
const LOOK_MS = 10_000

/** How long a reload may take by default, in ms: new services are started by it. */
const RELOAD_MS = 30_000

/** Adds them to the program; `done` hears the exit code. */
export function addChanging(program: Command, done: (code: number) => void): void {
  const limits = program.command('limits').description('show the limits of running services, or set other ones')
  limits
    .command('get')
    .description('show every limit with its value and where that comes from')
    .argument('[service]', 'name of the service (default: all)')
    .option('--json', 'as one JSON object', false)
    .addOption(timeoutOption(LOOK_MS, 'how long the answer may take'))
    .addOption(runtimeDirOption())
    .action(async (service: string | undefined, options: LimitsOptions) => {
      const { getLimitsCommand } = await import('./limits.js')
      done(await getLimitsCommand(service, options))
    })
  limits
    .command('set')
    .description('set limits of a service while it runs, all of them or none; ends no process')
    .argument('<service>', 'name of the service')
    .argument(
      '<key=value...>',
      'as in a config file: children=7 rate=20/1s total_memory=512M; =configured gives one back',
    )
    .option('--json', 'as one JSON object', false)
    .addOption(timeoutOption(LOOK_MS, 'how long the answer may take'))
    .addOption(runtimeDirOption())
    .action(async (service: string, pairs: readonly string[], options: LimitsOptions) => {
      const { setLimitsCommand } = await import('./limits.js')
      done(await setLimitsCommand(service, pairs, options))
    })
  program
    .command('reload')
    .description('have the daemon read its config again, all of it or nothing; says what that changed, ends no process')
    .option('--dry-run', 'only say what would change', false)
    .option('--json', 'as one JSON object', false)
    .addOption(timeoutOption(RELOAD_MS, 'how long it may take'))
    .addOption(runtimeDirOption())
    .action(async (options: ReloadOptions) => {
      const { reloadCommand } = await import('./reload.js')
      done(await reloadCommand(options))
    })
}
