/** Calls at a time of the supervisor's clock: by timers, or, under a manual clock, when it has been moved there. */

import type { RunningClock } from '../clock.js'

/** Longest wait that a timer can hold, in ms. */
const TIMER_MAX_MS = 2 ** 31 - 1

/** One call to come. */
interface Alarm {
  readonly atMs: number
  /** Of two at the same time the lower one goes first, then the older one. */
  readonly rank: number
  readonly ring: () => void
  timer: NodeJS.Timeout | undefined
}

export class Alarms {
  private readonly clock: RunningClock
  private readonly isManual: boolean
  private readonly set = new Set<Alarm>()

  constructor(clock: RunningClock, isManual: boolean) {
    this.clock = clock
    this.isManual = isManual
  }

  /** Calls `ring` once, at `atMs` or as soon after as can be; the answer takes that back. */
  at(atMs: number, rank: number, ring: () => void): () => void {
    const alarm: Alarm = { atMs, rank, ring, timer: undefined }
    this.set.add(alarm)
    if (!this.isManual) this.wind(alarm)
    return () => {
      clearTimeout(alarm.timer)
      this.set.delete(alarm)
    }
  }

  /** Under a manual clock: rings what is due, in the order of time; false when nothing was. */
  ringDue(): boolean {
    const nowMs = this.clock.nowMs()
    const due = [...this.set].filter(({ atMs }) => atMs <= nowMs)
    due.sort((a, b) => a.atMs - b.atMs || a.rank - b.rank)
    // One that rings may take another one back.
    for (const alarm of due) if (this.set.delete(alarm)) alarm.ring()
    return due.length > 0
  }

  private wind(alarm: Alarm): void {
    const leftMs = Math.ceil(alarm.atMs - this.clock.nowMs())
    alarm.timer = setTimeout(
      () => {
        // A timer may be early by a part of a ms, and holds 24 days at most.
        if (alarm.atMs > this.clock.nowMs()) this.wind(alarm)
        else if (this.set.delete(alarm)) alarm.ring()
      },
      Math.min(Math.max(leftMs, 1), TIMER_MAX_MS),
    )
  }
}
