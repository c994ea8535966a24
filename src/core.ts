/** What the inside of Espalier may ask of a supervisor beyond the public interface. Not exported from the package. */

import type { ChildInput } from '../protocol/children.js'
import type { TerminationReason } from '../protocol/events.js'
import type { Limits } from '../protocol/limits.js'
import type { Grant, Refusal } from '../protocol/refusals.js'
import type { AuthorizeOptions, RecordOptions, Supervisor } from './api.js'
import type { Launcher } from './launch.js'

/** `isAdopted`: who asks is a process of the service whose recorded ancestors have gone. */
export interface InServiceOptions extends Pick<AuthorizeOptions, 'ttlMs' | 'wait'> {
  readonly isAdopted?: boolean
}

/** Who asks by identity: `parentStartTicks` absent or null: whoever has the pid. */
export interface ByIdentity {
  readonly parentStartTicks?: number | null | undefined
}

export type AuthorizeByIdentity = AuthorizeOptions & ByIdentity

/** `isKnown`: a supervisor before this one has recorded it, so it is no event, and no rate is charged. */
export interface RecordByIdentity extends RecordOptions, ByIdentity {
  readonly isKnown?: boolean
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
  /** A process that has the pid of the parent by now, and is not it, is asked for nothing: `no_tree`. */
  authorizeSpawn(parentPid: number, childName: string, options?: AuthorizeByIdentity | null): Promise<Grant | Refusal>
  /** Nor is a child hung below it: only a live ticket, or the hint, says where it belongs then. */
  recordSpawn(parentPid: number, child: ChildInput, options?: RecordByIdentity | null): Promise<string | null>
  /** `authorizeSpawn` with the service's oldest living root as the parent, else its virtual root; or as its node `adopted`. */
  authorizeInService(service: string, childName: string, options?: InServiceOptions): Promise<Grant | Refusal>
  /** `recordSpawn` below whoever `authorizeInService` took; `child.parentPid` may be absent. */
  recordInService(service: string, child: ChildInput, ticket: number): Promise<string | null>
  /** An order that this process ends with everything below it: whoever is recorded there meanwhile is under it too. */
  order(pid: number, reason: TerminationReason): Promise<void>
  /** Effective limits, or null for an unknown service. */
  limitsOf(service: string): Limits | null
}
