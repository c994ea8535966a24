/**
 * A lane: the way to one host. Operations are gathered into one `Int32Array` and posted once a microtask; answers
 * resolve promises by slot. It bounds what is in flight, and outlives its host: casts that a dead host had not applied
 * are sent to its successor, calls in flight fail with `host_lost`.
 */

import { EspalierError } from '../../protocol/failures.js'
import { ANSWER, ANSWER_HEAD, NO_ANSWER, readFloat } from '../../protocol/lane/operations.js'
import type { Link } from './link.js'

/** Operations that may wait in a lane beyond those in flight; one more fails with `unavailable`. */
export const WAITING_MAX = 1_048_576

const SMALLEST = 16_384

interface Posted {
  readonly frame: Int32Array
  /** Number of its first operation. */
  readonly first: number
  readonly count: number
}

/** How an answer becomes a value. */
export type Decode = (ints: Int32Array, at: number) => unknown

export class Lane {
  readonly index: number
  private readonly maxInFlight: number
  private readonly decode: Decode
  private link: Link | null = null
  private dead: EspalierError | null = null
  /** Operations gathered and not yet posted: `ints[0 .. length)`. */
  private ints = new Int32Array(SMALLEST)
  private length = 0
  private gathered = 0
  private sent = 0
  private acked = 0
  private posted: Posted[] = []
  // By id. One executor for all: an object and a closure a call cost 60 ns more. There is no array of what rejects, for a
  // promise that is resolved with a rejected one rejects.
  private resolves: (Resolve | undefined)[] = []
  private free: number[] = []
  private flushing = false
  /** Operations applied when a host died last. */
  private diedAt = -1

  constructor(index: number, maxInFlight: number, decode: Decode) {
    this.index = index
    this.maxInFlight = maxInFlight
    this.decode = decode
  }

  /** Whether one more operation would not be in flight at once. */
  get isFull(): boolean {
    return this.sent - this.acked + this.gathered >= this.maxInFlight
  }

  /** Operations that were given to this lane and are not yet known to be applied. */
  get outstanding(): number {
    return this.sent - this.acked + this.gathered
  }

  /** The number that the operation gathered last will have. */
  get lastNumber(): number {
    return this.sent + this.gathered
  }

  /** The integers to write into, after `open` gave the place. */
  get out(): Int32Array {
    return this.ints
  }

  /**
   * Opens a record of `ints` integers for operation `code`, as a cast until `call` is told of it.
   * @throws {EspalierError} `unavailable` when too many wait, or the host is gone for good
   */
  open(code: number, ints: number): number {
    if (this.dead !== null) throw this.dead
    if (this.gathered >= WAITING_MAX) {
      throw new EspalierError('unavailable', `${WAITING_MAX} operations wait for host ${this.index}; await some first`)
    }
    const at = this.length
    if (at + ints > this.ints.length) this.grow(at + ints)
    this.ints[at] = (ints << 8) | code
    this.ints[at + 1] = NO_ANSWER
    this.length = at + ints
    this.gathered++
    if (!this.flushing) {
      this.flushing = true
      queueMicrotask(this.flushSoon)
    }
    return at
  }

  /** Where the record opened last ends. */
  get end(): number {
    return this.length
  }

  /** Gives the record opened last another length. */
  resize(at: number, ints: number): void {
    if (at + ints > this.ints.length) this.grow(at + ints)
    this.ints[at] = (ints << 8) | (this.ints[at] & 255)
    this.length = at + ints
  }

  /** Makes the record at `at` a call, and gives its answer. */
  call<T>(at: number): Promise<T> {
    const promise = new Promise<T>(settle as (resolve: (value: T) => void) => void)
    const id = this.free.length > 0 ? (this.free.pop() as number) : this.resolves.length
    this.resolves[id] = resolveLast
    this.ints[at + 1] = id
    return promise
  }

  /**
   * Makes the record opened last, at `at`, a call, sends all that was gathered, and gives its answer if the host answers within
   * the call, as one in this thread does.
   * Undefined: it does not, or the call failed.
   */
  callNow(at: number): unknown {
    let answer: unknown
    let isLate = false
    this.call(at).catch(() => undefined)
    const id = this.ints[at + 1]
    const resolve = this.resolves[id] as Resolve
    this.resolves[id] = value => {
      if (!isLate && !(value instanceof Promise)) answer = value
      resolve(value)
    }
    this.flush()
    isLate = true
    return answer
  }

  /** A host answers from here: with its memory come the operations it has applied. */
  attach(link: Link, applied: number): void {
    this.link = link
    this.sent = applied
    this.acked = applied
    this.flush()
  }

  /**
   * The host has died after `applied` operations: calls in flight fail, casts it had not applied are sent again. A cast
   * that was next when two hosts in a row died is given back instead, by its code.
   */
  lost(applied: number, cause: unknown): number[] {
    this.link = null
    const again: Int32Array[] = []
    const poisoned: number[] = []
    for (const { frame, first } of this.posted) {
      let number = first
      for (let at = 0; at < frame.length; at += frame[at] >>> 8, number++) {
        // Its answer came while the rest of its frame was under way: its id may belong to a later call by now.
        if (number <= this.acked) continue
        const id = frame[at + 1]
        if (id !== NO_ANSWER) this.fail(id, hostLost(this.index, cause))
        else if (number === applied + 1 && this.diedAt === applied) poisoned.push(frame[at] & 255)
        else if (number > applied) again.push(frame.subarray(at, at + (frame[at] >>> 8)))
      }
    }
    this.posted = []
    this.sent = this.acked = applied
    this.diedAt = applied
    this.prepend(again)
    return poisoned
  }

  /** No host will answer again: every call fails with `error`, sent or not; gives the casts that were not sent. */
  giveUp(error: EspalierError): number[] {
    this.dead = error
    const casts: number[] = []
    for (let at = 0; at < this.length; at += this.ints[at] >>> 8) {
      if (this.ints[at + 1] === NO_ANSWER) casts.push(this.ints[at] & 255)
    }
    for (const id of this.resolves.keys()) this.fail(id, error)
    this.length = 0
    this.gathered = 0
    return casts
  }

  /** Takes a message of answers. */
  receive(ints: Int32Array): void {
    if (this.dead !== null) return
    this.acked = readFloat(ints, 0)
    const { posted } = this
    let done = 0
    while (done < posted.length && posted[done].first + posted[done].count - 1 <= this.acked) done++
    if (done > 0) posted.splice(0, done)
    for (let at = ANSWER_HEAD; at < ints.length; at += ints[at] >>> 8) {
      const id = ints[at + 1]
      const value = this.decode(ints, at)
      const resolve = this.resolves[id] as Resolve
      this.release(id)
      resolve((ints[at] & 255) === ANSWER.failed ? Promise.reject(value) : value)
    }
    if (this.gathered > 0) this.flush()
  }

  /** Takes what the host has already said. */
  drain(): void {
    this.link?.drain()
  }

  /** Number of the last operation that is known to be applied. */
  get answered(): number {
    return this.acked
  }

  /** Whether the host has something to do that it has not told us is done. */
  get isBusy(): boolean {
    return this.sent > this.acked
  }

  private readonly flushSoon = (): void => {
    this.flushing = false
    this.flush()
  }

  private flush(): void {
    const { link } = this
    const room = this.maxInFlight - (this.sent - this.acked)
    if (link === null || this.gathered === 0 || room <= 0) return
    const count = Math.min(room, this.gathered)
    const end = count === this.gathered ? this.length : this.endOf(count)
    const frame = this.ints.slice(0, end)
    this.posted.push({ frame, first: this.sent + 1, count })
    this.sent += count
    this.gathered -= count
    this.ints.copyWithin(0, end, this.length)
    this.length -= end
    link.post(frame)
  }

  /** Where the first `count` gathered records end. */
  private endOf(count: number): number {
    let at = 0
    for (let i = 0; i < count; i++) at += this.ints[at] >>> 8
    return at
  }

  private prepend(records: readonly Int32Array[]): void {
    const ints = records.reduce((sum, record) => sum + record.length, 0)
    if (this.length + ints > this.ints.length) this.grow(this.length + ints)
    this.ints.copyWithin(ints, 0, this.length)
    let at = 0
    for (const record of records) {
      this.ints.set(record, at)
      at += record.length
    }
    this.length += ints
    this.gathered += records.length
  }

  private fail(id: number, error: EspalierError): void {
    const resolve = this.resolves[id]
    // A call whose answer came before the host died is no longer pending.
    if (resolve === undefined) return
    this.release(id)
    resolve(Promise.reject(error))
  }

  private release(id: number): void {
    this.resolves[id] = undefined
    this.free.push(id)
  }

  private grow(needed: number): void {
    let length = this.ints.length * 2
    while (length < needed) length *= 2
    const grown = new Int32Array(length)
    grown.set(this.ints.subarray(0, this.length))
    this.ints = grown
  }
}

type Resolve = (value: unknown) => void

/** Resolves the promise made last. */
let resolveLast: Resolve = () => undefined

function settle(resolve: Resolve): void {
  resolveLast = resolve
}

function hostLost(lane: number, cause: unknown): EspalierError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new EspalierError(
    'host_lost',
    `host ${lane} died before it answered${why}; records, exits and releases are safe to repeat`,
    { cause },
  )
}
