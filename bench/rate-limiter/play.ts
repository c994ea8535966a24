/** Plays a trace to a limiter under the fake clock, and writes down what became of each ask. */

import { type FakeClock, settled } from './fake-clock.js'
import type { Ask } from './judge.js'
import type { Limiter } from './limiter.js'

/** A limiter on its clock; each trace is played with a key that it has not seen. */
export class Stage {
  private readonly limiter: Limiter
  private readonly clock: FakeClock
  private readonly isQueue: boolean
  private key = 0

  constructor(limiter: Limiter, clock: FakeClock, isQueue: boolean) {
    this.limiter = limiter
    this.clock = clock
    this.isQueue = isQueue
  }

  /**
   * @param timesMs when to ask, ascending, from the beginning of the trace
   * @param latencyMs between an admission and its record
   * @param tailMs how long a queue may go on after the last ask
   * @param onTime called before each ask with its time
   */
  async play(timesMs: readonly number[], latencyMs = 0, tailMs = 0, onTime?: (atMs: number) => void): Promise<Ask[]> {
    const key = this.key++
    const begunMs = await this.begin()
    const asks: Ask[] = []
    for (const atMs of timesMs) {
      await this.moveTo(begunMs + atMs)
      onTime?.(atMs)
      const ask: Ask = { atMs, admittedMs: Number.NaN, waitMs: 0 }
      asks.push(ask)
      const heard = (waitMs: number) => {
        ask.waitMs = waitMs
        if (waitMs > 0) return
        ask.admittedMs = this.clock.monotonicMs - begunMs
        this.clock.after(latencyMs, () => this.limiter.record?.(key))
      }
      const answer = this.limiter.ask(key)
      if (typeof answer === 'number') heard(answer)
      else {
        // An ask that its limiter gives up fails the run: nobody may judge half a trace.
        answer.then(heard)
        await settled()
      }
    }
    await this.moveTo(begunMs + (timesMs.at(-1) ?? 0) + Math.max(latencyMs, tailMs))
    return asks
  }

  /** A client that asks again exactly when it was told to: how many of its second asks were refused again. */
  async obey(durationMs: number): Promise<{ readonly told: number; readonly refusedAgain: number }> {
    const key = this.key++
    const begunMs = await this.begin()
    let told = 0
    let refusedAgain = 0
    let wasTold = false
    while (this.clock.monotonicMs < begunMs + durationMs) {
      const waitMs = await this.limiter.ask(key)
      if (waitMs === Number.POSITIVE_INFINITY) return { told: 0, refusedAgain: 0 }
      if (waitMs === 0) {
        this.limiter.record?.(key)
        wasTold = false
        continue
      }
      if (wasTold) refusedAgain++
      told++
      wasTold = true
      await this.moveTo(this.clock.monotonicMs + Math.ceil(waitMs - ALMOST_MS))
    }
    return { told, refusedAgain }
  }

  /** Drops what earlier traces left waiting, and begins at a whole second: traces know where its edges are. */
  private async begin(): Promise<number> {
    if (this.isQueue) this.clock.forgetTimers()
    const beginMs = (Math.floor(this.clock.monotonicMs / 1000) + 3) * 1000
    await this.moveTo(beginMs)
    return beginMs
  }

  private async moveTo(ms: number): Promise<void> {
    const byMs = ms - this.clock.monotonicMs
    if (byMs <= 0) return
    await this.clock.advanceTo(ms)
    await this.limiter.moved?.(byMs)
  }
}

/** What arithmetic in floats may add to a wait. */
const ALMOST_MS = 1e-6
