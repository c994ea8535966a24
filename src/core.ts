/** What the inside of Espalier may ask of a supervisor beyond the public interface. Not exported from the package. */

import type { ChildInput } from '../protocol/children.js'
import type { TerminationReason } from '../protocol/events.js'
import type { Limits } from '../protocol/limits.js'
import type { Grant, Refusal } from '../protocol/refusals.js'
import type { AuthorizeOptions, Supervisor } from './api.js'
import type { Launcher } from './launch.js'

/** `isAdopted`: who asks is a process of the service whose recorded ancestors have gone. */
export interface InServiceOptions extends Pick<AuthorizeOptions, 'ttlMs' | 'wait'> {
  readonly isAdopted?: boolean
}

/** A supervisor with the doors that `service().spawn()` and the daemon use. */
export interface Core extends Supervisor {
  readonly launcher: Launcher
  /** `authorizeSpawn` with the service's oldest living root as the parent, else its virtual root; or as its node `adopted`. */
  authorizeInService(service: string, childName: string, options?: InServiceOptions): Promise<Grant | Refusal>
  /** `recordSpawn` below whoever `authorizeInService` took; `child.parentPid` may be absent. */
  recordInService(service: string, child: ChildInput, ticket: number): Promise<string | null>
  /** An order that this process ends with everything below it: whoever is recorded there meanwhile is under it too. */
  order(pid: number, reason: TerminationReason): Promise<void>
  /** Effective limits, or null for an unknown service. */
  limitsOf(service: string): Limits | null
}
