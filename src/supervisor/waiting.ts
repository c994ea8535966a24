/** Spawns that wait until they may: one line a parent, first come first served; only who stands first is asked for. */

import type { EventKind } from '../../protocol/events.js'
import { EspalierError } from '../../protocol/failures.js'
import type { Grant, Refusal, RefusalCode } from '../../protocol/refusals.js'
import { onAbort } from '../aborts.js'
import type { WaitOptions } from '../api.js'
import type { RunningClock } from '../clock.js'
import { Alarms } from './alarms.js'
import type { EventLog } from './event-log.js'

/** Most who wait below one parent; one more is refused with `busy`. */
export const LINE_MAX = 1024

/** Most who wait in one supervisor; one more is refused with `busy`. */
export const WAITING_MAX = 65_536

/** Memory falls and tickets expire without an event, so who waits for an end asks again after this time, in ms. */
const QUIET_MS = 1000

/** Refusals that time or an end lifts; any other one is answered at once. */
const PASSING: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'busy',
  'rate_limit',
  'service_rate_limit',
  'child_limit',
  'descendant_limit',
  'memory_quota',
])

/** What may give a slot back, or change the rules. */
const FREEING: ReadonlySet<EventKind> = new Set<EventKind>([
  'child_exited',
  'child_removed',
  'child_moved',
  'root_exited',
  'ticket_released',
  'ticket_expired',
  'service_registered',
  'service_unregistered',
  'events_lost',
])

/** Those of them that a rate may depend on, too. */
const NEW_RULES: ReadonlySet<EventKind> = new Set<EventKind>([
  'service_registered',
  'service_unregistered',
  'root_exited',
  'events_lost',
])

/** An alarm for asking again comes before that of a time-out at the same time. */
const RANK = { again: 0, timeout: 1 } as const

type Answer = Grant | Refusal

interface Waiter {
  readonly ask: () => Promise<Answer>
  readonly settle: (answer: Answer | EspalierError) => void
  /** Answered or cancelled: a grant that still comes is given back. */
  isOver: boolean
}

/** Who waits below one parent. */
interface Line {
  readonly waiters: Waiter[]
  isAsking: boolean
  /** Something was freed while the answer was on its way: it may be too old. */
  isStale: boolean
  /** A rate refused: an end changes nothing. */
  isTimed: boolean
  disarm: () => void
}

/** What waiting needs of a supervisor. */
export interface WaitingParts {
  readonly clock: RunningClock
  readonly isManual: boolean
  readonly log: EventLog
  /** Gives back the ticket of a grant that nobody waits for any more. */
  readonly release: (ticket: number) => void
}

export class Waiting {
  private readonly parts: WaitingParts
  private readonly alarms: Alarms
  private readonly lines = new Map<number, Line>()
  private readonly asking = new Set<Promise<void>>()
  /** How many wait now. */
  waiting = 0
  private listening: AbortController | null = null
  private isOver = false

  constructor(parts: WaitingParts) {
    this.parts = parts
    this.alarms = new Alarms(parts.clock, parts.isManual)
  }

  /**
   * Asks until the answer is a grant, a refusal that waiting cannot lift, or `timeoutMs` are over: then it asks once more.
   * @param full the refusal of who finds no room to wait
   * @throws {EspalierError} `aborted` when `wait.signal` is
   */
  async grant(
    parentPid: number,
    wait: WaitOptions,
    ask: () => Promise<Answer>,
    full: (waiting: number, limit: number) => Refusal,
  ): Promise<Answer> {
    if (wait.signal?.aborted) throw aborted(parentPid, wait.signal)
    if (!this.lines.has(parentPid)) {
      const answer = await ask()
      if (!isPassing(answer) || this.isOver) return answer
      // An abort that came with the answer is heard of nowhere else.
      if (wait.signal?.aborted) throw aborted(parentPid, wait.signal)
    }
    const ahead = this.lines.get(parentPid)?.waiters.length ?? 0
    if (ahead >= LINE_MAX) return full(ahead, LINE_MAX)
    if (this.waiting >= WAITING_MAX) return full(this.waiting, WAITING_MAX)
    return this.enter(parentPid, wait, ask)
  }

  /** Under a manual clock: resolves when everybody whose time has come has been asked for and answered. */
  async caughtUp(): Promise<void> {
    while (this.waiting > 0 && (this.alarms.ringDue() || this.asking.size > 0)) {
      await Promise.all(this.asking)
      // Events come to their readers one turn later.
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  /** The supervisor closes: everybody is asked for once more, and refused. */
  close(): void {
    this.isOver = true
    this.askAgain()
  }

  /** The rules have changed: every line is asked for, whatever it waits for. */
  askAgain(): void {
    for (const [parentPid, line] of this.lines) this.serve(parentPid, line)
  }

  private enter(parentPid: number, wait: WaitOptions, ask: () => Promise<Answer>): Promise<Answer> {
    const line = this.lines.get(parentPid) ?? {
      waiters: [],
      isAsking: false,
      isStale: false,
      isTimed: false,
      disarm: nothing,
    }
    this.lines.set(parentPid, line)
    this.waiting++
    // Before the next question, so that nothing freed after its answer goes unheard.
    this.listen()
    return new Promise<Answer>((resolve, reject) => {
      const { signal, timeoutMs } = wait
      const disarm =
        timeoutMs == null
          ? nothing
          : this.alarms.at(this.parts.clock.nowMs() + timeoutMs, RANK.timeout, () => this.askOnceMore(waiter))
      const waiter: Waiter = {
        ask,
        isOver: false,
        settle: answer => {
          if (waiter.isOver) return
          waiter.isOver = true
          disarm()
          unhear()
          this.leave(parentPid, line, waiter)
          if (answer instanceof EspalierError) reject(answer)
          else resolve(answer)
        },
      }
      const unhear = signal == null ? nothing : onAbort(signal, () => waiter.settle(aborted(parentPid, signal)))
      line.waiters.push(waiter)
      if (line.waiters.length === 1) this.serve(parentPid, line)
    })
  }

  /** Asks for who stands first. */
  private serve(parentPid: number, line: Line): void {
    const first = line.waiters[0]
    if (first === undefined) return
    if (line.isAsking) {
      line.isStale = true
      return
    }
    line.isAsking = true
    line.isStale = false
    line.isTimed = false
    line.disarm()
    this.put(first, answer => {
      line.isAsking = false
      // Somebody else may stand first by now, or the answer may be too old.
      if (first.isOver || (line.isStale && isPassing(answer))) this.serve(parentPid, line)
      else if (isPassing(answer)) this.arm(parentPid, line, answer)
      else first.settle(answer)
    })
  }

  private arm(parentPid: number, line: Line, refusal: Refusal): void {
    line.isTimed = refusal.retryAfterMs !== undefined
    const atMs = this.parts.clock.nowMs() + (refusal.retryAfterMs ?? QUIET_MS)
    line.disarm = this.alarms.at(atMs, RANK.again, () => this.serve(parentPid, line))
  }

  /** The time is over: the answer is what is true now. */
  private askOnceMore(waiter: Waiter): void {
    this.put(waiter, answer => waiter.settle(answer))
  }

  /** One question for a waiter; a grant that comes when it is over is given back. */
  private put(waiter: Waiter, then: (answer: Answer | EspalierError) => void): void {
    const asked = waiter
      .ask()
      .catch((error: unknown) => {
        if (error instanceof EspalierError) return error
        throw error
      })
      .then(answer => {
        this.asking.delete(asked)
        if (waiter.isOver && !(answer instanceof EspalierError) && answer.ok) this.parts.release(answer.ticket)
        then(answer)
      })
    this.asking.add(asked)
  }

  private leave(parentPid: number, line: Line, waiter: Waiter): void {
    const at = line.waiters.indexOf(waiter)
    line.waiters.splice(at, 1)
    this.waiting--
    if (line.waiters.length === 0) {
      line.disarm()
      this.lines.delete(parentPid)
    } else if (at === 0) this.serve(parentPid, line)
    if (this.waiting > 0) return
    this.listening?.abort()
    this.listening = null
  }

  private listen(): void {
    if (this.listening !== null) return
    this.listening = new AbortController()
    this.hear(this.listening.signal)
  }

  private async hear(signal: AbortSignal): Promise<void> {
    for await (const { kind } of this.parts.log.read({ signal })) {
      if (!FREEING.has(kind)) continue
      for (const [parentPid, line] of this.lines) {
        if (!line.isTimed || NEW_RULES.has(kind)) this.serve(parentPid, line)
      }
    }
  }
}

function isPassing(answer: Answer | EspalierError): answer is Refusal {
  if (answer instanceof EspalierError || answer.ok) return false
  // At a rate of 0 no time is long enough.
  return PASSING.has(answer.code) && answer.retryAfterMs !== Number.POSITIVE_INFINITY
}

function aborted(parentPid: number, signal: AbortSignal): EspalierError {
  const message = `the wait for a spawn below ${parentPid} was aborted; ask again with a fresh signal`
  return new EspalierError('aborted', message, { cause: signal.reason })
}

function nothing(): void {
  // Nothing is armed, or heard.
}
