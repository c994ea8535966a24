/** Effects: what a tree actor wants done in the world, as data. Only a launcher acts on them. */

import type { TerminationReason } from './events.js'

/** These processes must end: deepest first. `graceMs` lies between TERM and KILL. */
export interface TerminationDue {
  readonly kind: 'end_processes'
  readonly service: string
  readonly pids: readonly number[]
  readonly reason: TerminationReason
  readonly graceMs: number
}

export type Effect = TerminationDue
