/** Time that passes only when the simulation says so. It stands in for `node:timers/promises` too, where the product waits. */

import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import type { Clock } from '../../../src/api.js'

interface Waiting {
  readonly atMs: number
  readonly wake: () => void
}

export class VirtualTime implements Clock {
  readonly cell = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)
  private readonly now = new Float64Array(this.cell)
  private readonly seen = new Set<() => Promise<void>>()
  private waiting: Waiting[] = []

  get nowMs(): number {
    return this.now[0]
  }

  attach(onAdvance: () => Promise<void>): () => void {
    this.seen.add(onAdvance)
    return () => this.seen.delete(onAdvance)
  }

  /** Hosts hear of it over their links; `onFailure` of what kept one from hearing. */
  advance(ms: number, onFailure: (error: unknown) => void): void {
    this.now[0] += ms
    for (const see of this.seen) see().catch(onFailure)
    const due = this.waiting.filter(({ atMs }) => atMs <= this.nowMs)
    this.waiting = this.waiting.filter(({ atMs }) => atMs > this.nowMs)
    for (const { wake } of due) wake()
  }

  /** Who waits and listens belonged to a daemon that has died. */
  forgetAll(): void {
    this.waiting = []
    this.seen.clear()
  }

  delay(ms: number): Promise<void> {
    return new Promise(wake => this.waiting.push({ atMs: this.nowMs + ms, wake }))
  }

  /** From here on `setTimeout`, that of `node:timers/promises` too, waits for this time. Gives the way back. */
  rule(): () => void {
    const own = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout }
    const before = timers.setTimeout
    Object.assign(timers, { setTimeout: (ms: number) => this.delay(ms) })
    Object.assign(globalThis, {
      setTimeout: (wake: () => void, ms = 0) => this.timer(wake, ms),
      clearTimeout: (waiting: Waiting | undefined) => {
        this.waiting = this.waiting.filter(one => one !== waiting)
      },
    })
    syncBuiltinESMExports()
    return () => {
      Object.assign(timers, { setTimeout: before })
      Object.assign(globalThis, own)
      syncBuiltinESMExports()
    }
  }

  private timer(wake: () => void, ms: number): Waiting & { unref(): unknown } {
    const waiting = { atMs: this.nowMs + ms, wake, unref: () => waiting, ref: () => waiting }
    this.waiting.push(waiting)
    return waiting
  }
}

/** Resolves when everything that could go on without a fault or a delivery has gone on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise(resolve => setImmediate(resolve))
}
