/** What the definitions are known for, so that nobody measures a straw man. */

import t from 'tap'
import { filteredArray } from '../../../bench/rate-limiter/definitions/filtered-array.js'
import { fixedWindow } from '../../../bench/rate-limiter/definitions/fixed-window.js'
import { gcra } from '../../../bench/rate-limiter/definitions/gcra.js'
import { slidingCounter } from '../../../bench/rate-limiter/definitions/sliding-counter.js'
import { tokenBucket } from '../../../bench/rate-limiter/definitions/token-bucket.js'
import type { Limiter } from '../../../bench/rate-limiter/limiter.js'
import { ring } from '../../../bench/rate-limiter/ring.js'

const CREATE = { filteredArray, fixedWindow, gcra, ring, slidingCounter, tokenBucket }

/** How many of 30 asks at each of these ms are admitted. */
function admitted(create: (nowMs: () => number) => Limiter, timesMs: readonly number[]): number[] {
  let nowMs = 0
  const limiter = create(() => nowMs)
  return timesMs.map(atMs => {
    nowMs = atMs
    const asks = Array.from({ length: 30 }, () => {
      const isAdmitted = limiter.ask(1) === 0
      if (isAdmitted) limiter.record?.(1)
      return isAdmitted
    })
    return asks.filter(Boolean).length
  })
}

t.test('each admits ten at once, and ten again two seconds later', async t => {
  for (const [name, create] of Object.entries(CREATE)) t.same(admitted(create, [0, 3000]), [10, 10], name)
})

t.test('each is known for what it admits beside the edge of a second', async t => {
  const beside = (create: (nowMs: () => number) => Limiter) => admitted(create, [950, 1050, 1500, 1950])
  t.same(beside(ring), [10, 0, 0, 10])
  t.same(beside(filteredArray), [10, 0, 0, 10])
  t.same(beside(fixedWindow), [10, 10, 0, 0])
  t.same(beside(tokenBucket), [10, 1, 4, 5])
  t.same(beside(gcra), [10, 1, 4, 5])
  t.same(beside(slidingCounter), [10, 0, 5, 4])
})

t.test('who says how long to wait is not asked in vain after it', async t => {
  for (const [name, create] of Object.entries(CREATE)) {
    let nowMs = 123
    const limiter = create(() => nowMs)
    let waitMs = 0
    while (waitMs === 0) {
      waitMs = limiter.ask(1) as number
      limiter.record?.(1)
    }
    if (waitMs === Number.POSITIVE_INFINITY) continue
    nowMs += waitMs + 1e-6
    t.equal(limiter.ask(1), 0, name)
  }
})
