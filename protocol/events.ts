/** What happened, in the past tense: never refused, numbered from 1 without gaps per service. */

import type { Child, Exit, ExitReason } from './children.js'
import type { FailureCode } from './failures.js'
import type { Limits } from './limits.js'
import type { Refusal, RefusalCode } from './refusals.js'

/** Why processes must end. */
export type TerminationReason = Extract<ExitReason, 'ttl' | 'quota' | 'cascade' | 'stop'>

/** The fields each kind of event has beside `kind, service, number, atMs`. */
export interface EventFields {
  service_registered: { readonly limits: Limits; readonly replaced: boolean }
  service_unregistered: object
  root_registered: { readonly pid: number; readonly startTicks: number | null }
  root_exited: { readonly pid: number; readonly exit: Exit }
  spawn_granted: {
    readonly parentPid: number
    readonly childName: string
    readonly depth: number
    readonly ticket: number
    readonly expiresAtMs: number
  }
  spawn_refused: { readonly parentPid: number; readonly childName: string; readonly refusal: Refusal }
  ticket_released: { readonly ticket: number; readonly parentPid: number }
  ticket_expired: { readonly ticket: number; readonly parentPid: number }
  child_recorded: { readonly child: Child; readonly ticket: number | null; readonly late: boolean }
  child_exited: { readonly child: Child }
  child_moved: { readonly pid: number; readonly fromPid: number; readonly toPid: number }
  child_removed: { readonly child: Child }
  limit_overrun: {
    readonly pid: number
    readonly code: RefusalCode
    readonly limit: number | null
    readonly current: number | null
  }
  termination_due: { readonly pids: readonly number[]; readonly reason: TerminationReason }
  cast_failed: { readonly operation: string; readonly code: FailureCode; readonly message: string }
  /** This reader missed the numbers `from` to `to` of the service. `number` is `to`. */
  events_lost: { readonly from: number; readonly to: number }
}

export type EventKind = keyof EventFields

/**
 * One event. `service` is '' for what belongs to no service (a cast that named an unknown pid, say).
 * `atMs` is ms of the supervisor's monotonic clock.
 */
export type EspalierEvent = {
  [K in EventKind]: {
    readonly kind: K
    readonly service: string
    readonly number: number
    readonly atMs: number
  } & EventFields[K]
}[EventKind]
