/** A host thread: holds trees, and answers on its data port and its control port until it is told to stop. */

import { expose } from 'comlink/dist/esm/comlink.mjs'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { Outbox } from '../../actors/outbox.js'
import { PidTable } from '../../actors/pids.js'
import { apply, stamp } from '../../actors/tree/mailbox.js'
import { type Buffers, Memory } from '../../actors/tree/memory.js'
import { recover } from '../../actors/tree/recover.js'
import { Grove } from '../../actors/tree/state.js'
import { reportOf } from '../../actors/tree/views.js'
import { writeFloat } from '../../protocol/lane/operations.js'
import { type ClockFacts, openClock, type RunningClock } from '../clock.js'
import type { HostReport, Said } from '../lane/link.js'

/** Integers before the answers of a message: operations applied, f64. */
export const ANSWER_HEAD = 2
/** Answers are posted in this many: 820 ns a cycle at one post a frame, 520 at 256 to 512 (FACTS). */
const ANSWERS_A_POST = 384
/** Longest a timer may wait, in ms; a later deadline is looked at again then. */
const TIMER_MAX = 2 ** 31 - 1

/** What a host is born with. */
export interface HostTask {
  readonly lane: number
  readonly supervisorPid: number
  readonly data: MessagePort
  readonly control: MessagePort
  readonly buffers: Buffers
  readonly pids: SharedArrayBuffer
  readonly clock: ClockFacts
  readonly listening: boolean
}

/** What the control plane may ask of a host. Every call is raced against the thread's death and a deadline. */
export interface HostControl {
  /** The services, once `applied` operations have been applied. */
  report(applied: number): HostReport
  /** Answers at once: the thread is alive and not stuck. */
  health(): { readonly applied: number; readonly processes: number }
  /** Ends this thread as a mistake would. For tests and benches. */
  fail(how: 'throw' | 'exit' | 'memory'): void
}

/** The task that piscina runs for as long as the host lives. */
export function host(task: HostTask): Promise<void> {
  return new Promise(resolve => new Host(task, resolve).start())
}

class Host {
  private readonly data: MessagePort
  private readonly control: MessagePort
  private readonly clock: RunningClock
  private readonly grove: Grove
  private readonly outbox = new Outbox(ANSWER_HEAD)
  private readonly manual: boolean
  private readonly onStop: () => void
  private timer: NodeJS.Timeout | undefined
  private acked = 0

  constructor(task: HostTask, onStop: () => void) {
    this.data = task.data
    this.control = task.control
    this.manual = task.clock.cell !== null
    this.clock = openClock(task.clock)
    this.onStop = onStop
    const memory = new Memory(task.buffers, buffers => this.say({ buffers }))
    this.grove = new Grove(memory, new PidTable(task.pids), this.outbox, task)
    this.grove.listening = task.listening
  }

  start(): void {
    recover(this.grove)
    this.acked = this.grove.applied
    this.data.on('message', this.onMessage)
    this.data.on('close', () => this.stop())
    const control: HostControl = {
      report: applied => this.report(applied),
      health: () => ({ applied: this.grove.applied, processes: this.grove.services.size }),
      fail: how => this.fail(how),
    }
    expose(control, nodeEndpoint(this.control))
    this.tick()
  }

  private readonly onMessage = (message: unknown): void => {
    this.take(message)
    this.takeWaiting()
  }

  /** Takes frames until none is waiting, and only then lets the timer think. */
  private takeWaiting(): void {
    for (let next = receiveMessageOnPort(this.data); next !== undefined; next = receiveMessageOnPort(this.data)) {
      this.take(next.message)
    }
    this.flush()
    this.setTimer()
  }

  private take(frame: unknown): void {
    if (!(frame instanceof Int32Array)) throw new TypeError('a host takes frames of integers')
    stamp(this.grove, this.clock.nowMs(), this.clock.wallMs())
    apply(this.grove, frame, frame.length, this.afterEach)
    this.flush()
  }

  private readonly afterEach = (): void => {
    if (this.outbox.count >= ANSWERS_A_POST) this.flush()
  }

  private flush(): void {
    const { outbox } = this
    const events = outbox.takeEvents()
    const effects = outbox.takeEffects()
    const strays = outbox.takeStrays()
    if (events.length + effects.length + strays.length > 0) this.say({ events, effects, strays })
    if (outbox.count === 0 && this.acked === this.grove.applied) return
    this.acked = this.grove.applied
    writeFloat(outbox.answers, 0, this.acked)
    this.data.postMessage(outbox.takeAnswers())
  }

  private say(said: Said): void {
    this.data.postMessage(said)
  }

  /** Time has passed without a message. */
  private tick(): void {
    stamp(this.grove, this.clock.nowMs(), this.clock.wallMs())
    this.flush()
    this.setTimer()
  }

  private setTimer(): void {
    if (this.manual) return
    clearTimeout(this.timer)
    const { earliestMs } = this.grove.deadlines
    if (earliestMs === Number.POSITIVE_INFINITY) return
    const waitMs = Math.ceil(Math.max(0, earliestMs - this.clock.nowMs()))
    this.timer = setTimeout(() => this.tick(), Math.min(waitMs, TIMER_MAX))
  }

  private report(applied: number): HostReport {
    if (this.grove.applied < applied) this.takeWaiting()
    return { services: [...this.grove.services.values()].map(row => reportOf(this.grove, row)) }
  }

  private fail(how: 'throw' | 'exit' | 'memory'): void {
    if (how === 'exit') process.exit(3)
    if (how === 'memory') {
      const hoard: unknown[] = []
      for (;;) hoard.push(new Array(1e6).fill({}))
    }
    setImmediate(() => {
      throw new Error('a broken invariant, as asked for')
    })
  }

  private stop(): void {
    clearTimeout(this.timer)
    this.control.close()
    this.onStop()
  }
}
