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

/** What went before a supervisor, in the life of the services that it will have. */
export interface Past {
  /** Decisions are numbered from here on. */
  readonly decisions: number
  /** Grants ever charged to a service that is registered from now on. */
  readonly chargesOf: (service: string) => number
}

/** A supervisor with the doors that `service().spawn()` and the daemon use. */
export interface Core extends Supervisor {
  readonly launcher: Launcher
  /** Goes on from what was before. To be said first, before anything is registered or asked. */
  resume(past: Past): void
  /** `authorizeSpawn` with the service's oldest living root as the parent, else its virtual root; or as its node `adopted`. */
  authorizeInService(service: string, childName: string, options?: InServiceOptions): Promise<Grant | Refusal>
  /** `recordSpawn` below whoever `authorizeInService` took; `child.parentPid` may be absent. */
  recordInService(service: string, child: ChildInput, ticket: number): Promise<string | null>
  /** An order that this process ends with everything below it: whoever is recorded there meanwhile is under it too. */
  order(pid: number, reason: TerminationReason): Promise<void>
  /** Effective limits, or null for an unknown service. */
  limitsOf(service: string): Limits | null
}
