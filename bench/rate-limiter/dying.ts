/** Parents that appear, are admitted once, and are gone. */

import type { FakeClock } from './fake-clock.js'
import type { Limiter } from './limiter.js'

/** How many live at once. */
const OUTSTANDING = 512

/** So many, one after the other, with keys from `from` on. A millisecond passes for each generation. */
export async function liveAndDie(limiter: Limiter, clock: FakeClock, from: number, count: number): Promise<void> {
  for (let first = from; first < from + count; first += OUTSTANDING) {
    const end = Math.min(first + OUTSTANDING, from + count)
    await each(first, end, key => {
      limiter.meet?.(key)
      return admit(limiter, key)
    })
    for (let key = first; key < end; key++) limiter.forget?.(key)
    clock.monotonicMs += 1
    await limiter.moved?.(1)
  }
}

/** @throws {Error} when it is not admitted */
export async function admit(limiter: Limiter, key: number): Promise<void> {
  const waitMs = await limiter.ask(key)
  if (waitMs !== 0) throw new Error(`key ${key} was told to wait ${waitMs} ms`)
  if (limiter.drop !== undefined) limiter.drop(key)
  else limiter.record?.(key)
}

/** Acts for each key of a range, some at a time. */
export async function each(from: number, to: number, act: (key: number) => Promise<void>): Promise<void> {
  for (let first = from; first < to; first += OUTSTANDING) {
    const length = Math.min(OUTSTANDING, to - first)
    await Promise.all(Array.from({ length }, (_, at) => act(first + at)))
  }
}
