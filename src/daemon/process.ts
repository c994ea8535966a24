/** A process that this daemon launched and that lives, as the daemon knows it beside the books of the supervisor. */

import type { Exit } from '../../protocol/children.js'
import type { ExitDetails } from '../launch.js'

export interface ManagedProcess {
  readonly service: string
  readonly name: string
  readonly pid: number
  readonly startTicks: number | null
  /** Null for a root. Moves when its parent dies under the policy `reparent`. */
  parentPid: number | null
  readonly depth: number
  readonly command: string
  /** Unix ms. */
  readonly startedAt: number
  readonly ttlMs: number | null
  /** `ending`: TERM was sent, the grace runs. */
  state: 'running' | 'ending'
  cpuPercent: number | null
  rssBytes: number | null
  /** Resolves once the exit is in the books; never rejects. */
  readonly exited: Promise<Exit>
  /** What the kernel counted of it, once it has ended; absent or null where nobody was told. */
  readonly usage?: () => ExitDetails | null
}

/** How a process is called in output: `service`, or `service:child`. */
export function labelOf(process: Pick<ManagedProcess, 'service' | 'name' | 'parentPid'>): string {
  return process.parentPid === null ? process.service : `${process.service}:${process.name}`
}
