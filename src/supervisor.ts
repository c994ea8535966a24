/** Creating supervisors: with host threads, or inline. */

import { PidTable } from '../actors/pids.js'
import type { SupervisorOptions } from './api.js'
import { type ClockFacts, monotonicMs } from './clock.js'
import { InlineLink } from './lane/inline.js'
import type { Launcher } from './launch.js'
import { chooseLauncher } from './launcher/choose.js'
import { checkOptions } from './supervisor/options.js'
import { EspalierSupervisor } from './supervisor/supervisor.js'
import { tuneCompiler } from './threads/compiler.js'
import { HostPool } from './threads/pool.js'

/** Options of the inside: who launches processes. */
export interface InnerOptions extends SupervisorOptions {
  readonly launcher?: Launcher
}

/**
 * A supervisor whose trees live on host threads. It is ready at once; close it, or its threads keep the process alive.
 * @throws {EspalierError} `invalid_input` for an option out of range
 */
export function createSupervisor(options: InnerOptions = {}): EspalierSupervisor {
  const checked = checkOptions(options)
  tuneCompiler(process.env)
  const pids = new SharedArrayBuffer(PidTable.bytes())
  const clock = clockFacts(checked.clock.cell)
  const pool = new HostPool({ hosts: checked.hosts, pids, clock })
  return new EspalierSupervisor(checked, {
    launcher: options.launcher ?? chooseLauncher(),
    pids,
    clock,
    startHost: (lane, buffers, listening, listener, onDeath) => pool.start(lane, buffers, listening, listener, onDeath),
    stopHosts: () => pool.destroy(),
  })
}

/** The same actors behind the same interface without threads: for tests, and where a thread costs more than it gives. */
export function createInlineSupervisor(options: Omit<InnerOptions, 'hosts'> = {}): EspalierSupervisor {
  const checked = checkOptions({ ...options, hosts: 1 })
  const pids = new SharedArrayBuffer(PidTable.bytes())
  const clock = clockFacts(checked.clock.cell)
  return new EspalierSupervisor(checked, {
    launcher: options.launcher ?? chooseLauncher(),
    pids,
    clock,
    startHost: (lane, buffers, listening, listener) =>
      new InlineLink({ lane, lanes: 1, supervisorPid: process.pid, buffers, pids, clock, listening }, listener),
    stopHosts: async () => undefined,
  })
}

function clockFacts(cell: SharedArrayBuffer | null): ClockFacts {
  return { cell, originMs: monotonicMs() }
}
