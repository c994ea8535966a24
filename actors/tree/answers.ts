/** Answers of a tree, as integers; and the events that grants and refusals are. */

import { ANSWER, OP, ticketNumber, writeFloat } from '../../protocol/lane/operations.js'
import {
  depthOf,
  FLAGS,
  FLOAT_SHIFT,
  GENERATION,
  GHOST,
  H_DECISIONS,
  PARENT,
  ROW_INTS,
  ROW_SHIFT,
  STATE_MASK,
  TEXT_META,
  UNTIL,
} from '../../protocol/lane/rows.js'
import { readText, textInts } from '../../protocol/lane/text.js'
import { decisionId, REFUSAL_CODES, type Refusal, refusalMessage } from '../../protocol/refusals.js'
import type { Decision } from './decide.js'
import type { Grove } from './state.js'
import { copyTexts } from './texts.js'

/** Answers an authorize with the ticket of `slot`. `ints[at]` is the operation. */
export function answerGrant(
  grove: Grove,
  id: number,
  service: number,
  slot: number,
  ints: Int32Array,
  at: number,
): void {
  const { rows, floats } = grove.memory
  const { outbox } = grove
  const depth = depthOf(rows[(slot << ROW_SHIFT) + FLAGS])
  const to = outbox.begin(ANSWER.grant, id, 8)
  if (to >= 0) {
    const { answers } = outbox
    answers[to + 2] = grove.serviceId(service)
    answers[to + 3] = depth
    answers[to + 4] = slot
    answers[to + 5] = rows[(slot << ROW_SHIFT) + GENERATION]
    writeFloat(answers, to + 6, floats[(slot << FLOAT_SHIFT) + UNTIL])
  }
  if (!grove.happens(service)) return
  grove.tell(service, 'spawn_granted', {
    parentPid: grove.pidOf(rows[(slot << ROW_SHIFT) + PARENT]),
    childName: childName(ints, at),
    depth,
    ticket: ticketNumber(grove.lane, slot, rows[(slot << ROW_SHIFT) + GENERATION]),
    expiresAtMs: floats[(slot << FLOAT_SHIFT) + UNTIL],
  })
}

/** Answers with a refusal; with an authorize in `ints` it is an event too. `service` 0: nobody tracks the pid. */
export function answerRefusal(
  grove: Grove,
  id: number,
  service: number,
  refusal: Decision,
  ints: Int32Array,
  at: number,
): void {
  const { memory, outbox } = grove
  // A number that was never answered leaves a gap, so it needs no undo.
  const decision = ++memory.floats[H_DECISIONS]
  const to = outbox.begin(ANSWER.refusal, id, 14)
  if (to >= 0) {
    const { answers } = outbox
    answers[to + 2] = REFUSAL_CODES.indexOf(refusal.code)
    answers[to + 3] = service === 0 ? 0 : grove.serviceId(service)
    writeFloat(answers, to + 4, refusal.limit)
    writeFloat(answers, to + 6, refusal.current)
    writeFloat(answers, to + 8, refusal.retryAfterMs)
    writeFloat(answers, to + 10, decision)
    writeFloat(answers, to + 12, refusal.windowMs)
  }
  if (service === 0 || (ints[at] & 255) !== OP.authorize) return
  if (!grove.happens(service)) return
  grove.tell(service, 'spawn_refused', {
    parentPid: ints[at + 2] || grove.supervisorPid,
    childName: childName(ints, at),
    refusal: refusalOf(refusal, decisionId(grove.lane, decision)),
  })
}

/** Answers with one child. */
export function answerChild(grove: Grove, id: number, slot: number): void {
  const ints = childInts(grove, slot)
  const to = grove.outbox.begin(ANSWER.child, id, 2 + ints)
  if (to >= 0) writeChild(grove, slot, to + 2)
}

/** Answers with the readable children among `slots`. */
export function answerChildren(grove: Grove, id: number, slots: readonly number[]): void {
  const readable = slots.filter(slot => (grove.memory.rows[(slot << ROW_SHIFT) + FLAGS] & STATE_MASK) !== GHOST)
  let ints = 3
  for (const slot of readable) ints += childInts(grove, slot)
  let to = grove.outbox.begin(ANSWER.children, id, ints)
  if (to < 0) return
  grove.outbox.answers[to + 2] = readable.length
  to += 3
  for (const slot of readable) {
    writeChild(grove, slot, to)
    to += childInts(grove, slot)
  }
}

function childInts(grove: Grove, slot: number): number {
  return ROW_INTS + textInts(grove.memory.rows[(slot << ROW_SHIFT) + TEXT_META])
}

function writeChild(grove: Grove, slot: number, to: number): void {
  const { rows } = grove.memory
  const { answers } = grove.outbox
  const at = slot << ROW_SHIFT
  // A loop: for 32 integers it takes half the time of a subarray and a set.
  for (let i = 0; i < ROW_INTS; i++) answers[to + i] = rows[at + i]
  copyTexts(grove.memory, slot, answers, to + ROW_INTS)
}

/** The name asked for, which comes along only while somebody listens. */
function childName(ints: Int32Array, at: number): string {
  return ints[at] >>> 8 > 6 ? readText(ints, (at + 7) * 4, ints[at + 6], true) : ''
}

function refusalOf(decision: Decision, id: string): Refusal {
  const { code, limit, current, retryAfterMs, windowMs } = decision
  return {
    ok: false,
    code,
    message: refusalMessage(code, { limit, windowMs }),
    limit: Number.isNaN(limit) ? null : limit,
    current: Number.isNaN(current) ? null : current,
    decisionId: id,
    ...(Number.isNaN(retryAfterMs) ? {} : { retryAfterMs }),
  }
}
