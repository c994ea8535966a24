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

  /** From here on `setTimeout` of `node:timers/promises` waits for this time. */
  rule(): void {
    Object.assign(timers, { setTimeout: (ms: number) => this.delay(ms) })
    syncBuiltinESMExports()
  }
}

/** Resolves when everything that could go on without a fault or a delivery has gone on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise(resolve => setImmediate(resolve))
}
