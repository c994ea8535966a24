/**
 * The sliding counter: this second's count, and of the last second's the share that a window ending now still covers, as
 * if it had been spread evenly.
 */

import { LIMIT, type Limiter, perKey, WINDOW_MS } from '../limiter.js'

export function slidingCounter(nowMs: () => number): Limiter {
  const counters = perKey(() => ({ number: -1, last: 0, count: 0 }))
  return {
    ask(key) {
      const counter = counters.of(key)
      const now = nowMs()
      const number = Math.floor(now / WINDOW_MS)
      if (number !== counter.number) {
        counter.last = number === counter.number + 1 ? counter.count : 0
        counter.number = number
        counter.count = 0
      }
      const sinceMs = now - number * WINDOW_MS
      if (counter.last * (1 - sinceMs / WINDOW_MS) + counter.count + 1 > LIMIT) return waitMs(counter, sinceMs)
      counter.count++
      return 0
    },
    forget: counters.forget,
  }
}

/** Until the estimate leaves room for one: in this second, or in the next, when this one's count has become the last. */
function waitMs({ last, count }: { readonly last: number; readonly count: number }, sinceMs: number): number {
  const inThis = last > 0 ? WINDOW_MS * (1 - (LIMIT - 1 - count) / last) - sinceMs : Number.POSITIVE_INFINITY
  if (count < LIMIT && sinceMs + inThis < WINDOW_MS) return Math.max(0, inThis)
  return WINDOW_MS - sinceMs + WINDOW_MS * Math.max(0, 1 - (LIMIT - 1) / count)
}
