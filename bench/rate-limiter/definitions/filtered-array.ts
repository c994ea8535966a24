/**
 * The filtered array, as the reference has it: the stamps of a key in an array, filtered whenever somebody asks; what was
 * admitted is written only when it is recorded, and a key that is gone stays.
 */

import { LIMIT, type Limiter, WINDOW_MS } from '../limiter.js'

export function filteredArray(nowMs: () => number): Limiter {
  const stamps = new Map<number, number[]>()
  return {
    ask(key) {
      const known = stamps.get(key)
      if (known === undefined) return 0
      const now = nowMs()
      const recent = known.filter(stamp => now - stamp < WINDOW_MS)
      stamps.set(key, recent)
      return recent.length >= LIMIT ? Number.POSITIVE_INFINITY : 0
    },
    record(key) {
      const known = stamps.get(key)
      if (known === undefined) stamps.set(key, [nowMs()])
      else known.push(nowMs())
    },
  }
}
