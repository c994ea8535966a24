/** Clocks: the system's, and one that tests move by hand. Every thread reads the same. */

import type { Clock } from './api.js'

/** A clock as a host reads it. */
export interface RunningClock {
  /** ms since the supervisor was created (or a manual clock's ms); never goes back. */
  nowMs(): number
  /** Unix ms; a manual clock's wall clock moves with it. */
  wallMs(): number
}

/** What a thread needs to read the supervisor's clock. */
export interface ClockFacts {
  /** Shared memory of a manual clock. */
  readonly cell: SharedArrayBuffer | null
  /** The system's monotonic ms at which the supervisor's clock began. */
  readonly originMs: number
}

/** The system's monotonic clock, the same in every thread, in ms. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/** Reads the supervisor's clock in this thread. */
export function openClock(facts: ClockFacts): RunningClock {
  if (facts.cell !== null) {
    const cell = new Float64Array(facts.cell)
    return { nowMs: () => cell[0], wallMs: () => cell[0] }
  }
  // performance.now() costs half of hrtime(), but each thread has an origin of its own.
  const offset = monotonicMs() - performance.now() - facts.originMs
  return { nowMs: () => performance.now() + offset, wallMs: () => Date.now() }
}

/** The clock of everybody who names none. */
export function systemClock(): Clock {
  return { cell: null, attach: () => () => undefined }
}

/** A clock that stands still until it is told to move. Starts at 0; its wall clock moves with it. */
export interface ManualClock extends Clock {
  readonly nowMs: number
  /** Moves the clock by `ms`, at least 0, and returns when every host has seen it. */
  advance(ms: number): Promise<void>
}

/** @see ManualClock */
export function manualClock(): ManualClock {
  const cell = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)
  const now = new Float64Array(cell)
  const attached = new Set<() => Promise<void>>()
  return {
    cell,
    get nowMs() {
      return now[0]
    },
    attach(onAdvance) {
      attached.add(onAdvance)
      return () => attached.delete(onAdvance)
    },
    async advance(ms) {
      if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`a clock moves by 0 ms or more, not by ${ms}`)
      // What was asked before must meet the time at which it was asked.
      await Promise.all([...attached].map(see => see()))
      now[0] += ms
      await Promise.all([...attached].map(see => see()))
    },
  }
}
