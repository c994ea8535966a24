/** What a daemon remembers, as it tells it: refusals, ends, and the place of what lives. */

import type { Exit } from '../children.js'
import type { TerminationReason } from '../events.js'
import { NAME_PATTERN } from '../ids.js'
import type { Refusal } from '../refusals.js'
import type { ProcessReport, ServiceReport } from './answers.js'

/** One process by which another came to be, or by whose end it ended. */
export interface Ancestor {
  readonly pid: number
  readonly name: string
}

/** An order to end, from the moment it was given. */
export interface EndOrder {
  readonly reason: TerminationReason
  /** Unix ms: when TERM was due. */
  readonly atMs: number
  /** KILL is due so many ms later. */
  readonly graceMs: number
}

/** A process above one that ended with it. */
export interface Cause extends Ancestor {
  /** Null while it lives. */
  readonly exit: Exit | null
  readonly order: EndOrder | null
}

/** One process that has ended. */
export interface EndReport extends Ancestor {
  readonly service: string
  readonly startTicks: number | null
  /** Null for a root. */
  readonly parentPid: number | null
  readonly depth: number
  readonly command: string
  /** Unix ms. */
  readonly startedAt: number
  readonly ttlMs: number | null
  readonly exit: Exit
  readonly order: EndOrder | null
  /** By the kernel where its keeper was told, else the most that a look of the meter saw; null when none came in time. */
  readonly peakRssBytes: number | null
  /** Most that a look of the meter saw. */
  readonly peakCpuPercent: number | null
  /** CPU time in all, in ms, and whether it left a core, by the kernel; null where nobody was told. */
  readonly cpuMs: number | null
  readonly coreDumped: boolean | null
}

/** One refusal with its figures of that moment. */
export interface RefusalReport {
  readonly service: string
  readonly refusal: Refusal
  /** Unix ms. */
  readonly atMs: number
  readonly childName: string
  /** Below whom the child should have come. */
  readonly parent: Ancestor
  readonly askerPid: number
  /** Root first, the parent last; empty when it is not known. */
  readonly chain: readonly Ancestor[]
  /** Refusals of the same parent and code in the same second, this one among them. */
  readonly alike: number
}

/** What `why` answers. `others`: how many more the name or pid would fit, less recent ones. */
export type Explanation =
  | ({ readonly kind: 'refusal' } & RefusalReport)
  | {
      readonly kind: 'end'
      readonly end: EndReport
      /** Root first, the process itself last. */
      readonly chain: readonly Ancestor[]
      /** The nearest first, what began it last; empty when nobody else's end was the cause. */
      readonly causes: readonly Cause[]
      readonly others: number
    }
  | {
      readonly kind: 'living'
      readonly process: ProcessReport
      readonly chain: readonly Ancestor[]
      readonly service: ServiceReport
      /** Its own living children that were asked for. */
      readonly children: number
      readonly order: EndOrder | null
      /** Unix ms by the daemon's clock. */
      readonly atMs: number
      readonly others: number
    }

/** Most ends that one `history` answers. */
export const HISTORY_ENDS_MAX = 10_000

/** Ends in one answer: a frame of them stays below half of the longest. */
export const ENDS_PER_ANSWER = 64

/** True for what may be asked about: a decision, a pid, a name, or `service:name`. */
export function isSubject(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 129) return false
  const parts = value.split(':')
  return parts.length <= 2 && parts.every(part => NAME_PATTERN.test(part))
}
