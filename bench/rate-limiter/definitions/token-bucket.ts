/** The token bucket: holds ten tokens, ten flow in each second, an admission takes one. */

import { LIMIT, type Limiter, perKey, WINDOW_MS } from '../limiter.js'

const TOKENS_A_MS = LIMIT / WINDOW_MS
/** Ten times a tenth is not quite one. */
const ALMOST = 1e-9

export function tokenBucket(nowMs: () => number): Limiter {
  const buckets = perKey(() => ({ tokens: LIMIT, atMs: nowMs() }))
  return {
    ask(key) {
      const bucket = buckets.of(key)
      const now = nowMs()
      bucket.tokens = Math.min(LIMIT, bucket.tokens + Math.max(0, now - bucket.atMs) * TOKENS_A_MS)
      bucket.atMs = now
      if (bucket.tokens < 1 - ALMOST) return (1 - bucket.tokens) / TOKENS_A_MS
      bucket.tokens -= 1
      return 0
    },
    forget: buckets.forget,
  }
}
