/** From integers to facts: what the records of operations say, and which rows they mean. */

import { EspalierError } from '../../protocol/failures.js'
import {
  R_KNOWN,
  R_MORE,
  R_PERIPHERAL,
  R_TICKET,
  R_VIRTUAL,
  RECORD,
  readFloat,
} from '../../protocol/lane/operations.js'
import {
  FLOAT_SHIFT,
  LIVE,
  ROW_SHIFT,
  S_TICKET_HEAD,
  S_VIRTUAL_ROOT,
  STATE_MASK,
  UNTIL,
} from '../../protocol/lane/rows.js'
import type { ExitFacts } from './exit.js'
import type { RecordFacts } from './record.js'
import type { Grove } from './state.js'
import { expire } from './tickets.js'

// One object for every record of a host: it is read before the next one is (an object each cost 20 ns a record).
const facts: RecordFacts = {
  parentPid: 0,
  pid: 0,
  peripheral: false,
  known: false,
  ticketSlot: 0,
  ticketGeneration: 0,
  hint: 0,
  virtual: 0,
  depth: -1,
  childParentPid: -1,
  startTicks: 0,
  startedAt: 0,
  ttlMs: 0,
  cpuPercent: 0,
  rssBytes: 0,
  parentTicks: 0,
  textMeta: 0,
  texts: new Int32Array(0),
  textAt: 0,
}

/** Reads a `record`. The object is overwritten by the next. */
export function readRecord(grove: Grove, ints: Int32Array, at: number): RecordFacts {
  const flags = ints[at + RECORD.flags]
  const more = (flags & R_MORE) !== 0
  const service = ints[at + RECORD.service]
  facts.parentPid = ints[at + RECORD.parentPid]
  facts.pid = ints[at + RECORD.pid]
  facts.peripheral = (flags & R_PERIPHERAL) !== 0
  facts.known = (flags & R_KNOWN) !== 0
  facts.ticketSlot = flags & R_TICKET ? ints[at + RECORD.ticketSlot] : 0
  facts.ticketGeneration = flags & R_TICKET ? ints[at + RECORD.ticketGeneration] : 0
  facts.virtual = flags & R_VIRTUAL ? serviceRow(grove, service) : 0
  facts.hint = flags & R_VIRTUAL || service === 0 ? 0 : (grove.services.get(service) ?? 0)
  facts.depth = more ? ints[at + RECORD.depth] : -1
  facts.childParentPid = more ? ints[at + RECORD.childParentPid] : -1
  facts.startTicks = more ? readFloat(ints, at + RECORD.startTicks) : Number.NaN
  facts.startedAt = more ? readFloat(ints, at + RECORD.startedAt) : Number.NaN
  facts.ttlMs = more ? readFloat(ints, at + RECORD.ttlMs) : Number.NaN
  facts.cpuPercent = more ? readFloat(ints, at + RECORD.cpuPercent) : Number.NaN
  facts.rssBytes = more ? readFloat(ints, at + RECORD.rssBytes) : Number.NaN
  facts.parentTicks = more ? readFloat(ints, at + RECORD.parentTicks) : Number.NaN
  facts.textMeta = ints[at + RECORD.textMeta]
  facts.texts = ints
  facts.textAt = at + (more ? RECORD.moreText : RECORD.plainText)
  return facts
}

/** Reads the exit of a `record` that has one. */
export function readRecordedExit(grove: Grove, ints: Int32Array, at: number): ExitFacts {
  return exitFacts(
    grove,
    ints[at + RECORD.exitCode],
    ints[at + RECORD.signalReason],
    readFloat(ints, at + RECORD.finishedAt),
  )
}

/** Reads an `exit`. */
export function readExitFacts(grove: Grove, ints: Int32Array, at: number): ExitFacts {
  return exitFacts(grove, ints[at + 3], ints[at + 4], readFloat(ints, at + 5))
}

/** The row of a service. @throws {EspalierError} `invalid_input` when it is no longer registered */
export function serviceRow(grove: Grove, id: number): number {
  const row = grove.services.get(id)
  if (row === undefined) throw new EspalierError('invalid_input', 'that service is not registered any more')
  return row
}

export function virtualRoot(grove: Grove, id: number): number {
  return grove.memory.rows[(serviceRow(grove, id) << ROW_SHIFT) + S_VIRTUAL_ROOT]
}

/** The service of a row, after its overdue tickets have expired: a step of its own, before the operation that looks. */
export function settled(grove: Grove, slot: number): number {
  const { memory } = grove
  const service = grove.serviceOf(slot)
  const oldest = memory.rows[(service << ROW_SHIFT) + S_TICKET_HEAD]
  if (oldest !== 0 && memory.floats[(oldest << FLOAT_SHIFT) + UNTIL] <= grove.checkMs) {
    expire(grove, service)
    memory.checkpoint()
  }
  return service
}

export function isLiving(grove: Grove, slot: number): boolean {
  return (grove.memory.rows[slot << ROW_SHIFT] & STATE_MASK) === LIVE
}

function exitFacts(grove: Grove, exitCode: number, signalReason: number, finishedAt: number): ExitFacts {
  return {
    exitCode,
    signal: signalReason & 127,
    reason: signalReason >> 8,
    finishedAt: Number.isNaN(finishedAt) ? grove.wallMs : finishedAt,
  }
}
