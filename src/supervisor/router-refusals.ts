/** What is refused, or fails, before any host is asked; its events belong to no service and are numbered by themselves. */

import type { EspalierEvent } from '../../protocol/events.js'
import type { FailureCode } from '../../protocol/failures.js'
import { decisionId, type Refusal, type RefusalCode, refusalMessage } from '../../protocol/refusals.js'
import type { RunningClock } from '../clock.js'

/** A host answers what is in flight within a few ms: then one more may pass. */
const BUSY_RETRY_MS = 1

export class RouterRefusals {
  private readonly maxInFlight: number
  private readonly clock: RunningClock
  private readonly append: (events: EspalierEvent[]) => void
  private decisions = 0
  private number = 0

  constructor(maxInFlight: number, clock: RunningClock, append: (events: EspalierEvent[]) => void) {
    this.maxInFlight = maxInFlight
    this.clock = clock
    this.append = append
  }

  /** Decisions are numbered from here on. */
  resume(decisions: number): void {
    this.decisions = decisions
  }

  noTree(parentPid: number, childName: string): Refusal {
    return this.refuse('no_tree', null, null, parentPid, childName)
  }

  shuttingDown(parentPid: number, childName: string): Refusal {
    return this.refuse('shutting_down', null, null, parentPid, childName)
  }

  /** @param limit what was full; default: the operations in flight of a host */
  busy(parentPid: number, childName: string, outstanding: number, limit = this.maxInFlight): Refusal {
    const refusal = this.refuse('busy', limit, outstanding, parentPid, childName)
    return { ...refusal, retryAfterMs: BUSY_RETRY_MS }
  }

  castFailed(operation: string, code: FailureCode, message: string): void {
    this.append([{ kind: 'cast_failed', ...this.stamp(), operation, code, message }])
  }

  private refuse(
    code: RefusalCode,
    limit: number | null,
    current: number | null,
    parentPid: number,
    childName: string,
  ): Refusal {
    const id = decisionId('router', ++this.decisions)
    const refusal: Refusal = { ok: false, code, message: refusalMessage(code), limit, current, decisionId: id }
    this.append([{ kind: 'spawn_refused', ...this.stamp(), parentPid, childName, refusal }])
    return refusal
  }

  private stamp() {
    return { service: '', number: ++this.number, atMs: Math.floor(this.clock.nowMs()) }
  }
}
