/** What a host wants to say: answers as integers, events and effects as objects. Emptied by whoever drives the host. */

import type { Effect } from '../protocol/effects.js'
import type { EspalierEvent } from '../protocol/events.js'
import type { FailureCode } from '../protocol/failures.js'
import { ANSWER, NO_ANSWER, writeFloat } from '../protocol/lane/operations.js'
import { utf8, writeBytes } from '../protocol/lane/text.js'

const SMALLEST = 16_384

/** A cast that failed. */
export interface CastFailure {
  readonly operation: string
  readonly code: FailureCode
  readonly message: string
}

export class Outbox {
  /** Answers lie in `answers[0 .. length)`, behind `head` integers that the driver fills. */
  answers = new Int32Array(SMALLEST)
  length: number
  /** How many answers lie there, each part of one counted too. */
  count = 0
  events: EspalierEvent[] = []
  effects: Effect[] = []
  /** Casts that failed and belong to no service. */
  strays: CastFailure[] = []
  private readonly head: number

  constructor(head: number) {
    this.head = head
    this.length = head
  }

  /** The integers to post: a copy of exactly what was said since the last call. */
  takeAnswers(): Int32Array {
    const taken = this.answers.slice(0, this.length)
    this.length = this.head
    this.count = 0
    return taken
  }

  takeEvents(): EspalierEvent[] {
    const taken = this.events
    if (taken.length > 0) this.events = []
    return taken
  }

  takeEffects(): Effect[] {
    const taken = this.effects
    if (taken.length > 0) this.effects = []
    return taken
  }

  takeStrays(): CastFailure[] {
    const taken = this.strays
    if (taken.length > 0) this.strays = []
    return taken
  }

  /** Begins an answer of `ints` integers and gives the place of its first; casts get no answer (-1). */
  begin(kind: number, id: number, ints: number): number {
    if (id === NO_ANSWER) return -1
    const at = this.length
    if (at + ints > this.answers.length) this.grow(at + ints)
    this.answers[at] = (ints << 8) | kind
    this.answers[at + 1] = id
    this.length = at + ints
    this.count++
    return at
  }

  /** Begins an answer of `count` parts, which follow as answers with the id `PART`. */
  beginMany(id: number, count: number): number {
    const at = this.begin(ANSWER.many, id, 3)
    this.answers[at + 2] = count
    return at
  }

  /** Everything that was answered since `at` is part of that one. */
  endMany(at: number): void {
    this.answers[at] = ((this.length - at) << 8) | ANSWER.many
  }

  done(id: number): void {
    this.begin(ANSWER.done, id, 2)
  }

  none(id: number): void {
    this.begin(ANSWER.none, id, 2)
  }

  service(id: number, service: number): void {
    const at = this.begin(ANSWER.service, id, 3)
    if (at >= 0) this.answers[at + 2] = service
  }

  number(id: number, value: number): void {
    const at = this.begin(ANSWER.number, id, 4)
    if (at >= 0) writeFloat(this.answers, at + 2, value)
  }

  json(id: number, value: unknown): void {
    this.text(ANSWER.json, id, 2, JSON.stringify(value))
  }

  /** @param code index into FAILURE_CODES */
  failed(id: number, code: number, message: string): void {
    const at = this.text(ANSWER.failed, id, 3, message)
    if (at >= 0) this.answers[at + 2] = code
  }

  private text(kind: number, id: number, offset: number, text: string): number {
    const bytes = utf8(text)
    const at = this.begin(kind, id, offset + 1 + ((bytes.length + 3) >> 2))
    if (at < 0) return at
    this.answers[at + offset] = bytes.length
    writeBytes(this.answers, (at + offset + 1) * 4, bytes)
    return at
  }

  private grow(needed: number): void {
    let length = this.answers.length * 2
    while (length < needed) length *= 2
    const grown = new Int32Array(length)
    grown.set(this.answers.subarray(0, this.length))
    this.answers = grown
  }
}
