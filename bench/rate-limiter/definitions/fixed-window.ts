/** The fixed window: a count a key, begun anew with each second of the clock. */

import { LIMIT, type Limiter, perKey, WINDOW_MS } from '../limiter.js'

export function fixedWindow(nowMs: () => number): Limiter {
  const windows = perKey(() => ({ number: -1, count: 0 }))
  return {
    ask(key) {
      const window = windows.of(key)
      const now = nowMs()
      const number = Math.floor(now / WINDOW_MS)
      if (number !== window.number) {
        window.number = number
        window.count = 0
      }
      if (window.count >= LIMIT) return (number + 1) * WINDOW_MS - now
      window.count++
      return 0
    },
    forget: windows.forget,
  }
}
