/** From the arguments of an operation to its record in a lane. Each gives the place of the record, for `Lane.call`. */

import type { ChildInput, ExitInput } from '../../protocol/children.js'
import { EXIT_REASONS } from '../../protocol/children.js'
import {
  OP,
  R_EXITED,
  R_MORE,
  R_PERIPHERAL,
  R_TICKET,
  RECORD,
  ticketGeneration,
  ticketSlot,
  writeFloat,
} from '../../protocol/lane/operations.js'
import { NO_EXIT_CODE } from '../../protocol/lane/rows.js'
import { textMeta, utf8, writeAscii, writeBytes } from '../../protocol/lane/text.js'
import type { Limits } from '../../protocol/limits.js'
import type { AuthorizeRequest } from '../api.js'
import type { Lane } from './lane.js'

/**
 * @param service id of the service whose virtual root asks, or 0 for `pid`. @param name '' unless somebody listens
 * @param startTicks of whoever asks; null: whoever has the pid
 */
export function encodeAuthorize(
  lane: Lane,
  pid: number,
  service: number,
  ttlMs: number | null,
  name: string,
  startTicks: number | null = null,
): number {
  const isShort = name === '' && startTicks === null
  const end = 7 + ((name.length + 3) >> 2)
  const at = lane.open(OP.authorize, isShort ? 6 : startTicks === null ? end : end + 2)
  const ints = lane.out
  ints[at + 2] = pid
  ints[at + 3] = service
  writeFloat(ints, at + 4, ttlMs ?? Number.NaN)
  if (isShort) return at
  ints[at + 6] = name.length
  if (name !== '') writeAscii(ints, at + 7, name)
  if (startTicks !== null) writeFloat(ints, at + end, startTicks)
  return at
}

/** Puts the decisions that `requests[from .. to)` ask for into one record. */
export function encodeAuthorizeMany(
  lane: Lane,
  requests: readonly AuthorizeRequest[],
  from: number,
  to: number,
): number {
  const at = lane.open(OP.authorizeMany, 3 + (to - from) * 3)
  const ints = lane.out
  ints[at + 2] = to - from
  for (let i = from, one = at + 3; i < to; i++, one += 3) {
    const request = requests[i]
    ints[one] = request.parentPid
    writeFloat(ints, one + 1, request.ttlMs ?? Number.NaN)
  }
  return at
}

/**
 * @param service id of the service hinted at or, with R_VIRTUAL, of the one whose virtual root is the parent; 0 for none
 * @param how R_VIRTUAL, R_KNOWN, or 0
 * @param parentTicks start ticks of the parent; null: whoever has the pid
 */
export function encodeRecord(
  lane: Lane,
  parentPid: number,
  child: ChildInput,
  ticket: number | null,
  service: number,
  how: number,
  parentTicks: number | null = null,
): number {
  const command = child.command ?? ''
  const user = child.user ?? ''
  const more = parentTicks !== null || hasMore(child)
  const head = more ? RECORD.moreText : RECORD.plainText
  const at = lane.open(OP.record, head + ((child.name.length + command.length + user.length + 3) >> 2))
  const isPlain = writeAscii(lane.out, at + head, child.name, command, user)
  const meta = isPlain
    ? textMeta(child.name.length, command.length, user.length, true)
    : writeUtf8(lane, at, head, child.name, command, user)
  const ints = lane.out
  ints[at + RECORD.parentPid] = parentPid
  ints[at + RECORD.pid] = child.pid
  ints[at + RECORD.flags] =
    (ticket === null ? 0 : R_TICKET) |
    (child.kind === 'peripheral' ? R_PERIPHERAL : 0) |
    (more ? R_MORE : 0) |
    (child.lastExit ? R_EXITED : 0) |
    how
  ints[at + RECORD.textMeta] = meta
  ints[at + RECORD.ticketSlot] = ticket === null ? 0 : ticketSlot(ticket)
  ints[at + RECORD.ticketGeneration] = ticket === null ? 0 : ticketGeneration(ticket)
  ints[at + RECORD.service] = service
  if (more) encodeMore(ints, at, child, parentTicks)
  return at
}

export function encodeExit(lane: Lane, pid: number, exit: ExitInput): number {
  const at = lane.open(OP.exit, 9)
  const ints = lane.out
  ints[at + 2] = pid
  ints[at + 3] = exit.exitCode ?? NO_EXIT_CODE
  ints[at + 4] = signalAndReason(exit)
  writeFloat(ints, at + 5, exit.finishedAt ?? Number.NaN)
  writeFloat(ints, at + 7, exit.startTicks ?? Number.NaN)
  return at
}

export function encodeMetrics(lane: Lane, pid: number, cpuPercent: number | null, rssBytes: number | null): number {
  const at = lane.open(OP.metrics, 8)
  lane.out[at + 2] = pid
  writeFloat(lane.out, at + 4, cpuPercent ?? Number.NaN)
  writeFloat(lane.out, at + 6, rssBytes ?? Number.NaN)
  return at
}

/** `bytes` null: the sum of its processes is its memory again. */
export function encodeServiceMemory(lane: Lane, service: number, bytes: number | null): number {
  const at = lane.open(OP.serviceMemory, 6)
  lane.out[at + 2] = service
  writeFloat(lane.out, at + 4, bytes ?? Number.NaN)
  return at
}

/** An operation whose record is its code and at most two integers. */
export function encodePlain(lane: Lane, code: number, first = 0, second = 0): number {
  const at = lane.open(code, 4)
  lane.out[at + 2] = first
  lane.out[at + 3] = second
  return at
}

export function encodeRoot(lane: Lane, service: number, pid: number, startTicks: number | null): number {
  const at = lane.open(OP.registerRoot, 6)
  lane.out[at + 2] = service
  lane.out[at + 3] = pid
  writeFloat(lane.out, at + 4, startTicks ?? Number.NaN)
  return at
}

export function encodeSupersede(lane: Lane, pid: number, startTicks: number): number {
  const at = lane.open(OP.supersede, 6)
  lane.out[at + 2] = pid
  writeFloat(lane.out, at + 4, startTicks)
  return at
}

/** @param charges grants ever, of a service that is new here */
export function encodeService(lane: Lane, id: number, name: string, limits: Limits, charges = 0): number {
  const bytes = utf8(JSON.stringify({ name, limits, charges }))
  const at = lane.open(OP.registerService, 4 + ((bytes.length + 3) >> 2))
  lane.out[at + 2] = id
  lane.out[at + 3] = bytes.length
  writeBytes(lane.out, (at + 4) * 4, bytes)
  return at
}

function hasMore(child: ChildInput): boolean {
  return (
    child.startTicks != null ||
    child.startedAt != null ||
    child.ttlMs != null ||
    child.depth != null ||
    child.parentPid != null ||
    child.cpuPercent != null ||
    child.rssBytes != null ||
    child.lastExit != null
  )
}

function encodeMore(ints: Int32Array, at: number, child: ChildInput, parentTicks: number | null): void {
  const exit = child.lastExit ?? {}
  ints[at + RECORD.depth] = child.depth ?? -1
  ints[at + RECORD.childParentPid] = child.parentPid ?? -1
  ints[at + RECORD.exitCode] = exit.exitCode ?? NO_EXIT_CODE
  ints[at + RECORD.signalReason] = signalAndReason(exit)
  writeFloat(ints, at + RECORD.startTicks, child.startTicks ?? Number.NaN)
  writeFloat(ints, at + RECORD.startedAt, child.startedAt ?? Number.NaN)
  writeFloat(ints, at + RECORD.ttlMs, child.ttlMs ?? Number.NaN)
  writeFloat(ints, at + RECORD.cpuPercent, child.cpuPercent ?? Number.NaN)
  writeFloat(ints, at + RECORD.rssBytes, child.rssBytes ?? Number.NaN)
  writeFloat(ints, at + RECORD.finishedAt, exit.finishedAt ?? Number.NaN)
  writeFloat(ints, at + RECORD.parentTicks, parentTicks ?? Number.NaN)
}

function signalAndReason(exit: ExitInput): number {
  const reason = exit.reason ?? (exit.signal != null ? 'signal' : exit.exitCode != null ? 'self' : 'unknown')
  return (exit.signal ?? 0) | ((EXIT_REASONS.indexOf(reason) + 1) << 8)
}

/** Writes texts that are not all ASCII, in a record of the length they need; gives their meta. */
function writeUtf8(lane: Lane, at: number, head: number, name: string, command: string, user: string): number {
  const texts = [name, command, user].map(utf8)
  const bytes = texts.reduce((sum, text) => sum + text.length, 0)
  lane.resize(at, head + ((bytes + 3) >> 2))
  lane.out.fill(0, at + head, lane.end)
  let byte = (at + head) * 4
  for (const text of texts) {
    writeBytes(lane.out, byte, text)
    byte += text.length
  }
  return textMeta(texts[0].length, texts[1].length, texts[2].length, false)
}
