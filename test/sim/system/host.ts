/** A host without a thread whose messages wait to be delivered, and which can die between any two of its writes. */

import type { Buffers } from '../../../actors/tree/buffers.js'
import type { Grove } from '../../../actors/tree/state.js'
import { ANSWER_HEAD } from '../../../protocol/lane/operations.js'
import { Driver, type DriverFacts } from '../../../src/lane/driver.js'
import type { HostReport, Link, LinkListener, Said } from '../../../src/lane/link.js'
import { Cut, CutMemory } from '../../actors/tree/rig.js'
import { type Entry, eachRecord } from './ledger.js'

/** What a planted bug changes of a host. */
export interface HostBugs {
  readonly corrupt?: (frame: Int32Array) => void
  readonly forgetsUndo?: boolean
}

export interface HostParts {
  readonly facts: DriverFacts
  readonly listener: LinkListener
  readonly onDeath: (cause: unknown) => void
  readonly commit: (entry: Entry) => void
  readonly nowMs: () => number
  /** How many entries were committed, on any host. */
  readonly committed: () => number
  readonly beforeWork: () => void
  readonly bugs: HostBugs
}

export class SimulatedHost implements Link {
  readonly grove: Grove
  private readonly parts: HostParts
  private readonly driver: Driver
  private readonly memory: CutMemory
  private readonly frames: { readonly frame: Int32Array; readonly postedAfter: number }[] = []
  private said: (Int32Array | Said)[] = []
  private isOver = false

  constructor(parts: HostParts) {
    this.parts = parts
    let memory: CutMemory | undefined
    const open = (buffers: Buffers, onGrow: (buffers: Buffers) => void) => {
      memory = new CutMemory(buffers, onGrow)
      if (parts.bugs.forgetsUndo) memory.rollBack = () => false
      return memory
    }
    this.driver = new Driver(parts.facts, message => this.say(message), open)
    this.memory = memory as unknown as CutMemory
    this.grove = this.driver.grove
    this.commit(new Int32Array(0), 0, 0)
  }

  post(frame: Int32Array): void {
    if (!this.isOver) this.frames.push({ frame, postedAfter: this.parts.committed() })
  }

  drain(): void {
    while (this.deliver());
  }

  async report(): Promise<HostReport> {
    return this.driver.report()
  }

  async close(): Promise<void> {
    this.isOver = true
    this.driver.stop()
  }

  get hasWork(): boolean {
    return !this.isOver && this.frames.length > 0
  }

  get hasSaid(): boolean {
    return !this.isOver && this.said.length > 0
  }

  /** Applies the next frame; dies after `writes` writes, if it comes so far. */
  work(writes = Number.POSITIVE_INFINITY): void {
    const next = this.frames.shift()
    if (next === undefined) return
    const { frame, postedAfter } = next
    const applied = this.grove.applied
    const from = this.said.length
    const given = frame.slice()
    this.parts.bugs.corrupt?.(given)
    this.parts.beforeWork()
    this.memory.left = writes
    try {
      this.driver.take(given)
      this.memory.left = Number.POSITIVE_INFINITY
    } catch (error) {
      if (!(error instanceof Cut)) throw error
      this.commit(frame, postedAfter, this.grove.applied - applied, [this.grove.outbox.takeAnswers()])
      this.die(error)
      return
    }
    const answers = this.said.slice(from).filter(message => message instanceof Int32Array)
    this.commit(frame, postedAfter, this.grove.applied - applied, answers)
  }

  /** Hands the oldest message over; false when there is none. */
  deliver(): boolean {
    const message = this.said.shift()
    if (message === undefined || this.isOver) return false
    if (message instanceof Int32Array) this.parts.listener.answers(message)
    else this.parts.listener.said(message)
    return true
  }

  /** Dies where it is. What it had posted arrives before the news of its death, unless `losing` it. */
  die(cause: unknown, losing = true): void {
    if (!losing) this.drain()
    this.isOver = true
    this.said = []
    this.parts.onDeath(cause)
  }

  private say(message: Int32Array | Said): void {
    // Where the memory lies now is told before it is used.
    if (!(message instanceof Int32Array) && message.buffers !== undefined) this.parts.listener.said(message)
    else this.said.push(message)
  }

  private commit(frame: Int32Array, postedAfter: number, count: number, answers: readonly Int32Array[] = []): void {
    let end = 0
    for (let done = 0; done < count; done++) end += frame[end] >>> 8
    const operations = frame.slice(0, end)
    const asked = new Set<number>()
    eachRecord(operations, at => asked.add(operations[at + 1]))
    // The operation cut short may have put its answer down before it was committed: nobody will read that.
    const given: number[] = []
    for (const ints of answers) {
      const heard = ints.subarray(ANSWER_HEAD)
      eachRecord(heard, at => asked.has(heard[at + 1]) && given.push(...heard.subarray(at, at + (heard[at] >>> 8))))
    }
    this.parts.commit({
      lane: this.parts.facts.lane,
      nowMs: this.parts.nowMs(),
      postedAfter,
      operations,
      answers: Int32Array.from(given),
    })
  }
}
