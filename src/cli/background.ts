/** The commands of a daemon in the background: `up`, `down`, `status`, `doctor`. */

import type { Command } from 'commander'
import type { DoctorOptions } from './doctor.js'
import type { DownOptions } from './down.js'
import { addDaemonOptions, addReadingOptions, runtimeDirOption, stateDirOption, timeoutOption } from './options.js'
import type { StatusOptions } from './status.js'
import type { UpOptions } from './up.js'

/** How long services may take to be up by default, in ms. */
const UP_MS = 30_000

/** How long everything may take to end by default, in ms. */
const DOWN_MS = 60_000

const CONFIG = ['-c, --config <file>', 'config with services (default: espalier.yaml here)'] as const

/** Adds them to the program; `done` hears the exit code. */
export function addBackground(program: Command, done: (code: number) => void): void {
  program
    .command('up')
    .description('run the services of a config in the background; SIGHUP to the daemon reads the config again')
    .option(...CONFIG)
    .addOption(timeoutOption(UP_MS, 'how long the services may take to be up'))
    .addOption(runtimeDirOption())
    .addOption(stateDirOption())
    .action(async (options: UpOptions) => {
      const { upCommand } = await import('./up.js')
      done(await upCommand(options))
    })
  const down = program
    .command('down')
    .description('end the daemon and all its services')
    .option('--all', 'end keepers too that have no daemon, with what they keep', false)
  addDaemonOptions(down, DOWN_MS, 'how long to wait for the end').action(async (options: DownOptions) => {
    const { downCommand } = await import('./down.js')
    done(await downCommand(options))
  })
  const status = program
    .command('status')
    .description('show the services with their quotas in use, and keepers with and without a daemon')
  addReadingOptions(status, {
    json: 'as one JSON object',
    quiet: 'nothing: the exit code says whether a daemon runs',
    timeout: 'how long the look may take',
  }).action(async (options: StatusOptions) => {
    const { statusCommand } = await import('./status.js')
    done(await statusCommand(options))
  })
  const doctor = program
    .command('doctor')
    .description(
      'say what this host can enforce, and compare a running daemon with the process table; 1 if they disagree',
    )
  addReadingOptions(doctor, {
    json: 'as one JSON object',
    quiet: 'only what disagrees',
    timeout: 'how long a look at the daemon may take',
  }).action(async (options: DoctorOptions) => {
    const { doctorCommand } = await import('./doctor.js')
    done(await doctorCommand(options))
  })
  program
    .command('daemon', { hidden: true })
    .option(...CONFIG)
    .addOption(runtimeDirOption())
    .addOption(stateDirOption())
    .action(async (options: Omit<UpOptions, 'timeout'>) => {
      const { daemonCommand } = await import('./daemon.js')
      done(await daemonCommand(options))
    })
}
