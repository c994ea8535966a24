/** The link of a lane to its host: a thread's port, or the same thread. */

import type { CastFailure } from '../../actors/outbox.js'
import type { Buffers } from '../../actors/tree/buffers.js'
import type { Effect } from '../../protocol/effects.js'
import type { EspalierEvent } from '../../protocol/events.js'
import type { MemorySource } from '../../protocol/trees.js'

/** What a host says beside its answers. Sent before the answers that belong to it. */
export interface Said {
  readonly buffers?: Buffers
  readonly events?: readonly EspalierEvent[]
  readonly effects?: readonly Effect[]
  readonly strays?: readonly CastFailure[]
}

/** What a link tells its lane. */
export interface LinkListener {
  /** Answers: two integers with the number of operations applied (f64), then records. */
  answers(ints: Int32Array): void
  said(said: Said): void
}

/** A running host. */
export interface Link {
  post(frame: Int32Array): void
  /** Takes what has arrived but was not delivered yet. */
  drain(): void
  /** What the host says of its services once `applied` operations have been applied. */
  report(applied: number): Promise<HostReport>
  close(): Promise<void>
}

/** Answer of the control plane. */
export interface HostReport {
  readonly services: readonly {
    readonly id: number
    readonly roots: readonly number[]
    readonly liveDescendants: number
    readonly reservations: number
    readonly memoryUsed: number
    readonly memorySource: MemorySource
  }[]
}
