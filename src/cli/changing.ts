/** The commands that change what runs, and show it: `limits get`, `limits set`, `start`, `restart`, `reload`. */

import type { Command } from 'commander'
import type { LimitsOptions, SetLimitsOptions } from './limits.js'
import { addDaemonOptions, addReadingOptions, LOOK_MS } from './options.js'
import type { DaemonOptions } from './place.js'
import type { ReloadOptions } from './reload.js'

/** How long a reload may take by default, in ms: new services are started by it. */
const RELOAD_MS = 30_000

/** How long a restart may take by default, in ms: an end, with its grace, and a start. */
const RESTART_MS = 60_000

/** Adds them to the program; `done` hears the exit code. */
export function addChanging(program: Command, done: (code: number) => void): void {
  const limits = program.command('limits').description('show the limits of running services, or set other ones')
  const get = limits
    .command('get')
    .description('show every limit with its value and where that comes from')
    .argument('[service]', 'name of the service (default: all)')
  addReadingOptions(get, {
    json: 'as one JSON object',
    quiet: 'SERVICE and key=value only, as limits set takes them',
    timeout: 'how long the answer may take',
  }).action(async (service: string | undefined, options: LimitsOptions) => {
    const { getLimitsCommand } = await import('./limits.js')
    done(await getLimitsCommand(service, options))
  })
  const set = limits
    .command('set')
    .description('set limits of a service while it runs, all of them or none; ends no process')
    .argument('<service>', 'name of the service')
    .argument(
      '<key=value...>',
      'as in a config file: children=7 rate=20/1s total_memory=512M; =configured gives one back',
    )
    .option('--json', 'as one JSON object', false)
  addDaemonOptions(set, LOOK_MS, 'how long the answer may take').action(
    async (service: string, pairs: readonly string[], options: SetLimitsOptions) => {
      const { setLimitsCommand } = await import('./limits.js')
      done(await setLimitsCommand(service, pairs, options))
    },
  )
  const start = program
    .command('start')
    .description('start a service of a running daemon that has ended or failed; returns when it is up')
    .argument('<service>', 'name of the service')
  addDaemonOptions(start, RELOAD_MS, 'how long it may take').action(async (service: string, options: DaemonOptions) => {
    const { startCommand } = await import('./start.js')
    done(await startCommand(service, options))
  })
  const restart = program
    .command('restart')
    .description('end a service with all below it, and start it as its config says now; returns when it is up')
    .argument('<service>', 'name of the service')
  addDaemonOptions(restart, RESTART_MS, 'how long it may take').action(
    async (service: string, options: DaemonOptions) => {
      const { restartCommand } = await import('./start.js')
      done(await restartCommand(service, options))
    },
  )
  const reload = program
    .command('reload')
    .description('have the daemon read its config again, all of it or nothing; says what that changed, ends no process')
    .option('--dry-run', 'only say what would change', false)
    .option('--json', 'as one JSON object', false)
  addDaemonOptions(reload, RELOAD_MS, 'how long it may take').action(async (options: ReloadOptions) => {
    const { reloadCommand } = await import('./reload.js')
    done(await reloadCommand(options))
  })
}
