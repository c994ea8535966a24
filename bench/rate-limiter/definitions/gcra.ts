/** The generic cell rate algorithm (ITU-T I.371) with a burst of ten: one stamp a key, the theoretical arrival time. */

import { LIMIT, type Limiter, perKey, WINDOW_MS } from '../limiter.js'

const EMISSION_MS = WINDOW_MS / LIMIT
const TOLERANCE_MS = WINDOW_MS - EMISSION_MS

export function gcra(nowMs: () => number): Limiter {
  const arrivals = perKey(() => ({ theoreticalMs: Number.NEGATIVE_INFINITY }))
  return {
    ask(key) {
      const arrival = arrivals.of(key)
      const now = nowMs()
      const earlyMs = arrival.theoreticalMs - TOLERANCE_MS - now
      if (earlyMs > 0) return earlyMs
      arrival.theoreticalMs = Math.max(now, arrival.theoreticalMs) + EMISSION_MS
      return 0
    },
    forget: arrivals.forget,
  }
}
