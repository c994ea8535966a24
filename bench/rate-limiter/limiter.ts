/** What a limiter is to this case: ten admissions in any second, for each of many keys. */

/** The limit of every contestant, and the length of its window in ms. */
export const LIMIT = 10
export const WINDOW_MS = 1000

export interface Limiter {
  /**
   * Asks for one admission of a key. 0: admitted. Else refused: the ms after which it says to ask again, Infinity when it
   * does not say. A queue resolves with 0 when it lets the caller in.
   */
  ask(key: number): number | Promise<number>
  /** What was admitted has begun; for those that count, or give back what they reserved, only then. */
  record?(key: number): void
  /** What was admitted came to nothing; cheaper than recording it, for those that can tell. */
  drop?(key: number): void
  /** A process of this key exists, and has not asked yet. */
  meet?(key: number): void
  /** The process of this key is gone for good. */
  forget?(key: number): void
  /** The clock was moved by so many ms; for those that keep one of their own. */
  moved?(byMs: number): Promise<void>
}

/** One of the contestants, as the roster lists it. */
export interface Entry {
  readonly name: string
  /** A gate answers at once; a queue makes its caller wait. */
  readonly kind: 'gate' | 'queue'
  /** What tells it the time: the wall clock, or one that never steps. */
  readonly clock: 'wall' | 'monotonic'
  readonly origin: 'espalier' | 'definition' | 'package'
  /** The package it comes from, of `bench/package.json`. */
  readonly package?: string
  /** Keys at which its cost is measured, where 100,000 would take minutes. */
  readonly keys?: number
  /** Real time between two asks of a key that its own timers need when its cost is measured, in ms. */
  readonly pauseMs?: number
  /** @param nowMs its clock, when it does not read one itself */
  open(nowMs: () => number): Promise<Limiter>
  /** Where `open` gives it a clock moved by hand: the same on the process's own. */
  openOnSystemClock?(): Promise<Limiter>
}

/** What each key has, made when it first asks. */
export function perKey<T>(create: () => T): { of(key: number): T; forget(key: number): void } {
  const states = new Map<number, T>()
  return {
    of(key) {
      let state = states.get(key)
      if (state === undefined) {
        state = create()
        states.set(key, state)
      }
      return state
    },
    forget: key => states.delete(key),
  }
}
