/**
 * What one keeper hears on the spawn socket of its service. A request is handled once, whatever becomes of the link meanwhile:
 * a keeper tells again of each that it has no answer to, by the same id.
 */

import { encodeCommand, type Report } from '../../protocol/keeper/frames.js'
import { KEEPER_FLAGS } from '../../protocol/keeper/messages.js'
import { ANSWER_BYTES_MAX } from '../launch.js'

/** Requests under way at one time; the keeper has 64 places, and closes one before it tells of another. */
const ASKS_MAX = 256

/** Longest request, in bytes. The keeper's bound is the same. */
const ASK_BYTES_MAX = 262_144

/** Answers of one request that wait for a link. */
const UNSENT_MAX = 4

const NO_BYTES = new Uint8Array(0)

/** Who asks what, with the node's id where `Ask` has a pid. */
export interface HeardAsk {
  readonly pid: number
  /** 0: adopted, or a stray's. */
  readonly anchorId: number
  /** The stray that it is, or is below; null: none. */
  readonly strayPid: number | null
  readonly line: Uint8Array
  readonly gone: AbortSignal
  answer(bytes: Uint8Array, isLast: boolean): void
}

interface UnderWay {
  readonly gone: AbortController
  readonly unsent: Uint8Array[]
}

export class Hearing {
  readonly #send: (frame: Uint8Array) => boolean
  readonly #heard: (ask: HeardAsk) => void
  readonly #parts = new Map<number, Uint8Array>()
  readonly #underWay = new Map<number, UnderWay>()

  /** `send` answers false while there is no link. */
  constructor(send: (frame: Uint8Array) => boolean, heard: (ask: HeardAsk) => void) {
    this.#send = send
    this.#heard = heard
  }

  part(id: number, bytes: Uint8Array): void {
    const before = this.#parts.get(id) ?? NO_BYTES
    if (before.length + bytes.length > ASK_BYTES_MAX || this.#parts.size >= ASKS_MAX) return
    const both = new Uint8Array(before.length + bytes.length)
    both.set(before)
    both.set(bytes, before.length)
    this.#parts.set(id, both)
  }

  /** A request is whole. One that is told again is under way, one past its time has been refused by the keeper. */
  ask({ id, fields }: Extract<Report, { kind: 'ask' }>): void {
    const line = this.#parts.get(id) ?? NO_BYTES
    this.#parts.delete(id)
    if (Date.now() >= fields.untilMs) return
    // Says that it was heard: from here on the keeper waits as long as we are there.
    this.#send(encodeCommand('answer', id, { last: 0 }))
    if (this.#underWay.has(id)) return
    if (this.#underWay.size >= ASKS_MAX) return
    const one: UnderWay = { gone: new AbortController(), unsent: [] }
    this.#underWay.set(id, one)
    const answer = (bytes: Uint8Array, isLast: boolean) => this.#answer(id, one, bytes, isLast)
    const isStray = fields.how === KEEPER_FLAGS.how_stray
    const [anchorId, strayPid] = isStray ? [0, fields.anchorId] : [fields.anchorId, null]
    this.#heard({ pid: fields.pid, anchorId, strayPid, line, gone: one.gone.signal, answer })
  }

  /** It has had its last answer, or has hung up. */
  gone(id: number): void {
    this.#parts.delete(id)
    this.#underWay.get(id)?.gone.abort()
    this.#underWay.delete(id)
  }

  /** A new link: half a request died with the old one, answers that found none go out. */
  linked(): void {
    this.#parts.clear()
    for (const [id, { unsent }] of this.#underWay) {
      for (const frame of unsent.splice(0)) this.#send(frame)
      if (this.#underWay.get(id)?.gone.signal.aborted) this.#underWay.delete(id)
    }
  }

  /** The keeper has gone, and its askers with it. */
  over(): void {
    for (const { gone } of this.#underWay.values()) gone.abort()
    this.#underWay.clear()
    this.#parts.clear()
  }

  #answer(id: number, one: UnderWay, bytes: Uint8Array, isLast: boolean): void {
    if (this.#underWay.get(id) !== one) return
    const frame = encodeCommand('answer', id, { last: isLast ? 1 : 0 }, bytes.subarray(0, ANSWER_BYTES_MAX))
    if (this.#send(frame)) {
      if (isLast) this.#underWay.delete(id)
    } else if (one.unsent.length < UNSENT_MAX) one.unsent.push(frame)
  }
}
