/** The books of this process's children: one supervisor in this thread, one service, made when they are first needed. */

import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { ChildInput } from '../../protocol/children.js'
import { EspalierError } from '../../protocol/failures.js'
import { publishExit, publishSpawn } from '../diagnostics.js'
import type { Launcher } from '../launch.js'
import { readIdentity } from '../os/process.js'
import type { EspalierSupervisor } from '../supervisor/supervisor.js'
import { createInlineSupervisor } from '../supervisor.js'

/** The service under which this process's children are. */
export const SERVICE = 'child-process'

/** Those that were recorded and have not exited: Node reaps them, so until its `exit` event a pid is that child's. */
const living = new Map<number, ChildProcess>()

let made: EspalierSupervisor | null = null

/** The supervisor, its service registered. */
export function budget(): EspalierSupervisor {
  if (made !== null) return made
  made = createInlineSupervisor({ launcher: endsOnly })
  // In order with all that follows; nothing in it can fail.
  void made.registerService(SERVICE)
  const startTicks = readIdentity(process.pid)?.startTicks ?? null
  void made.registerServicePid(SERVICE, process.pid, { startTicks })
  return made
}

/** Records a child that Node has started, and its exit when that comes. */
export function record(child: ChildProcess, pid: number, name: string, command: string, ticket: number): void {
  const supervisor = budget()
  const startTicks = readIdentity(pid)?.startTicks ?? null
  const input: ChildInput = { name, pid, startTicks, command }
  living.set(pid, child)
  supervisor.recordInService(SERVICE, input, ticket).catch(ignoreClosed)
  // Below this process, which is the root.
  publishSpawn(SERVICE, name, pid, 1, child.spawnfile)
  child.once('exit', (exitCode, signal) => {
    if (living.get(pid) === child) living.delete(pid)
    const signalNumber = signal === null ? null : constants.signals[signal]
    supervisor
      .recordSpawnExit(pid, { exitCode, signal: signalNumber, startTicks })
      .then(known => known?.lastExit && publishExit(SERVICE, name, pid, known.lastExit), ignoreClosed)
  })
}

/** What the budget orders to end (a time to live, a quota) is ended; what to start is Node's. */
const endsOnly: Launcher = {
  launch: async () => {
    throw new EspalierError(
      'launch_failed',
      `service '${SERVICE}' launches nothing; use spawn of espalier/child-process`,
    )
  },
  end: async (pids, _reason, graceMs) => {
    for (const pid of pids) endChild(living.get(pid), graceMs)
  },
  // The supervisor's end is not theirs: they are Node's children.
  endAll: async () => undefined,
  living: () => [...living.keys()],
}

function endChild(child: ChildProcess | undefined, graceMs: number): void {
  if (child === undefined) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  timer.unref()
  child.once('exit', () => clearTimeout(timer))
}

function ignoreClosed(error: unknown): void {
  if (!(error instanceof EspalierError)) throw error
}
