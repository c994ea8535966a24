/** Drives the trees of one host, in a thread or inline: frames in, answers and what else is to be said out. */

import { Outbox } from '../../actors/outbox.js'
import { PidTable } from '../../actors/pids.js'
import type { Buffers } from '../../actors/tree/buffers.js'
import { apply, stamp } from '../../actors/tree/mailbox.js'
import { Memory } from '../../actors/tree/memory.js'
import { recover } from '../../actors/tree/recover.js'
import { Grove } from '../../actors/tree/state.js'
import { reportOf } from '../../actors/tree/views.js'
import { ANSWER_HEAD, writeFloat } from '../../protocol/lane/operations.js'
import { type ClockFacts, openClock, type RunningClock } from '../clock.js'
import type { HostReport, Said } from './link.js'

/** Answers are posted in this many: 820 ns a cycle at one post a frame, 520 at 256 to 512 (FACTS). */
const ANSWERS_A_POST = 384
/** Longest a timer may wait, in ms; a later deadline is looked at again then. */
const TIMER_MAX = 2 ** 31 - 1

/** What a host is born with. */
export interface DriverFacts {
  readonly lane: number
  /** How many hosts there are. */
  readonly lanes: number
  readonly supervisorPid: number
  readonly buffers: Buffers
  readonly pids: SharedArrayBuffer
  readonly clock: ClockFacts
  readonly listening: boolean
}

/** Makes the memory of a host out of its buffers; `onGrow` is told when they are others. */
export type OpenMemory = (buffers: Buffers, onGrow: (buffers: Buffers) => void) => Memory

const openPlain: OpenMemory = (buffers, onGrow) => new Memory(buffers, onGrow)

export class Driver {
  readonly grove: Grove
  private readonly clock: RunningClock
  private readonly manual: boolean
  private readonly send: (message: Int32Array | Said) => void
  private readonly outbox = new Outbox(ANSWER_HEAD)
  private timer: NodeJS.Timeout | undefined
  private acked: number

  /** Recovers what a dead host left in the buffers. `openMemory` is another's where a simulation lets the host die between two writes. */
  constructor(facts: DriverFacts, send: (message: Int32Array | Said) => void, openMemory: OpenMemory = openPlain) {
    this.send = send
    this.manual = facts.clock.cell !== null
    this.clock = openClock(facts.clock)
    const memory = openMemory(facts.buffers, buffers => send({ buffers }))
    this.grove = new Grove(memory, new PidTable(facts.pids, facts.lanes), this.outbox, facts)
    this.grove.listening = facts.listening
    recover(this.grove)
    this.acked = this.grove.applied
    this.tick()
  }

  /** Applies a frame and says what came of it. */
  take(frame: Int32Array): void {
    stamp(this.grove, this.clock.nowMs(), this.clock.wallMs())
    apply(this.grove, frame, frame.length, this.afterEach)
    this.flush()
  }

  /** Called when no frame waits: wakes by itself at the earliest deadline. */
  rest(): void {
    if (this.manual) return
    clearTimeout(this.timer)
    const { earliestMs } = this.grove.deadlines
    if (earliestMs === Number.POSITIVE_INFINITY) return
    const waitMs = Math.ceil(Math.max(0, earliestMs - this.clock.nowMs()))
    this.timer = setTimeout(() => this.tick(), Math.min(waitMs, TIMER_MAX))
    this.timer.unref()
  }

  report(): HostReport {
    return { services: [...this.grove.services.values()].map(row => reportOf(this.grove, row)) }
  }

  stop(): void {
    clearTimeout(this.timer)
  }

  /** Time has passed without a message. */
  private tick(): void {
    stamp(this.grove, this.clock.nowMs(), this.clock.wallMs())
    this.flush()
    this.rest()
  }

  private readonly afterEach = (): void => {
    if (this.outbox.count >= ANSWERS_A_POST) this.flush()
  }

  private flush(): void {
    const { outbox } = this
    const events = outbox.takeEvents()
    const effects = outbox.takeEffects()
    const strays = outbox.takeStrays()
    if (events.length + effects.length + strays.length > 0) this.send({ events, effects, strays })
    const { applied } = this.grove
    if (outbox.count === 0 && this.acked === applied) return
    this.acked = applied
    writeFloat(outbox.answers, 0, applied)
    this.send(outbox.takeAnswers())
  }
}
