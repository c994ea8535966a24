/** Everything that the hosts of one daemon have committed, in the order they did, with what they answered. */

import { PidTable } from '../../../actors/pids.js'
import { allocate } from '../../../actors/tree/buffers.js'
import type { Grove } from '../../../actors/tree/state.js'
import { ANSWER, NO_ANSWER, OP, R_TICKET, RECORD } from '../../../protocol/lane/operations.js'
import { dump } from '../../actors/tree/dump.js'
import { Rig } from '../../actors/tree/rig.js'
import { mustEqual } from './violation.js'

/** A host looked at the clock, and then applied these operations: maybe none. */
export interface Entry {
  readonly lane: number
  readonly nowMs: number
  /** How many entries there were when these operations were sent. */
  readonly postedAfter: number
  readonly operations: Int32Array
  readonly answers: Int32Array
}

/** Rows of a host that applies everything again. */
const ROWS_MOST = 4096

/** Calls back with the place of each record. */
export function eachRecord(ints: Int32Array, each: (at: number) => void): void {
  for (let at = 0; at < ints.length; at += ints[at] >>> 8) each(at)
}

/** Where the answer to each call lies, by the call's id. */
export function answersById(answers: Int32Array): Map<number, number> {
  const places = new Map<number, number>()
  eachRecord(answers, at => places.set(answers[at + 1], at))
  return places
}

/**
 * Applies all of it again, on hosts that never die, and compares every grant, every refusal and the trees at the end.
 * A bug that was planted into what they apply is theirs too.
 */
export function replay(
  entries: readonly Entry[],
  live: readonly Grove[],
  pidBytes: number,
  corrupt: (frame: Int32Array) => void = () => undefined,
): void {
  const pids = new SharedArrayBuffer(pidBytes)
  const rigs = live.map(({ lane }) => new Rig({ buffers: allocate(ROWS_MOST), pids }, lane))
  // A slot that a dead host had taken for a ticket that never was may go to another one here.
  const tickets = new Map<string, readonly [number, number]>()
  for (const { lane, nowMs, operations, answers } of entries) {
    const rig = rigs[lane]
    const translated = operations.slice()
    eachRecord(translated, at => translate(translated, at, lane, tickets))
    corrupt(translated)
    rig.take(translated, nowMs, Number.POSITIVE_INFINITY, nowMs)
    const again = Int32Array.from(rig.answers())
    const places = answersById(again)
    eachRecord(answers, at => {
      const place = places.get(answers[at + 1])
      const kind = answers[at] & 255
      if (place === undefined) throw new Error('a replay answers less than was asked')
      mustEqual(again[place] & 255, kind, `replayed at ${nowMs} ms, the kind of an answer`)
      if (kind === ANSWER.refusal)
        mustEqual(again.slice(place + 2, place + 10), answers.slice(at + 2, at + 10), 'replayed, a refusal')
      if (kind !== ANSWER.grant) return
      mustEqual(again.slice(place + 2, place + 4), answers.slice(at + 2, at + 4), 'replayed, a grant')
      tickets.set(`${lane} ${answers[at + 4]} ${answers[at + 5]}`, [again[place + 4], again[place + 5]])
    })
  }
  for (const grove of live) {
    mustEqual(known(grove), known(rigs[grove.lane].grove), `host ${grove.lane}, live against replayed`)
  }
}

/** An exited record whose pid another process had, and left, may be found by it again after a host's death: it is not compared. */
function known(grove: Grove): unknown {
  return JSON.parse(JSON.stringify(dump(grove), (key, value) => (key === 'cell' && value !== true ? undefined : value)))
}

function translate(
  ints: Int32Array,
  at: number,
  lane: number,
  tickets: ReadonlyMap<string, readonly [number, number]>,
) {
  const code = ints[at] & 255
  const isRecord = code === OP.record && (ints[at + RECORD.flags] & R_TICKET) !== 0
  const slot = isRecord ? at + RECORD.ticketSlot : code === OP.release ? at + 2 : NO_ANSWER
  if (slot === NO_ANSWER) return
  const other = tickets.get(`${lane} ${ints[slot]} ${ints[slot + 1]}`)
  if (other !== undefined) ints.set(other, slot)
}

export function pidTableBytes(pidMax: number): number {
  return Math.min(PidTable.bytes(), (pidMax + 1) * Int32Array.BYTES_PER_ELEMENT)
}
