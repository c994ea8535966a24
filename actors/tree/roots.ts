/** Root processes: depth 0, children of their service's row. */

import { EspalierError } from '../../protocol/failures.js'
import { readExit } from '../../protocol/lane/child.js'
import {
  CHARGED,
  CPU_PERCENT,
  DUE_MASK,
  EXIT_CODE,
  FIRST_CHILD,
  FLAGS,
  FLOAT_SHIFT,
  GENERATION,
  GHOST,
  H_ORDER,
  KIND_MASK,
  LAST_CHILD,
  LIVE,
  NEXT,
  NO_EXIT_CODE,
  ORDER,
  PARENT_PID,
  PERIPHERAL,
  PID,
  RESERVED_SLOTS,
  RING,
  ROOT,
  ROW_SHIFT,
  RSS_BYTES,
  S_ROOTS,
  SERVICE,
  START_TICKS,
  STARTED_AT,
  STATE_MASK,
  TEXT_META,
  TTL_MS,
  UNTIL,
} from '../../protocol/lane/rows.js'
import { cellLane, cellSlot } from '../pids.js'
import { type ExitFacts, ended, exit, uncountMemory } from './exit.js'
import { append } from './links.js'
import { afterDeath } from './react.js'
import { releaseIfEmpty } from './remove.js'
import { release as releaseRing } from './ring.js'
import type { Grove } from './state.js'

/**
 * Registers a root of a service; the same again changes nothing.
 * @throws {EspalierError} `pid_taken` by a living node or another service's root
 */
export function registerRoot(grove: Grove, service: number, pid: number, startTicks: number): void {
  const { memory } = grove
  const stale = occupant(grove, service, pid, startTicks)
  if (stale < 0) return
  if (!grove.claim(pid, memory.nextRow, stale)) throw taken(pid)
  const slot = memory.takeRow()
  if (stale > 0) {
    if (grove.isNode(stale)) exit(grove, stale, null)
    else rootDied(grove, stale, null)
  }
  const order = ++memory.floats[H_ORDER]
  fillRoot(grove, slot, service, pid, ROOT)
  memory.floats[(slot << FLOAT_SHIFT) + ORDER] = order
  memory.floats[(slot << FLOAT_SHIFT) + START_TICKS] = startTicks
  append(memory, slot, service)
  memory.add((service << ROW_SHIFT) + S_ROOTS, 1)
  if (!grove.happens(service)) return
  grove.tell(service, 'root_registered', { pid, startTicks: Number.isNaN(startTicks) ? null : startTicks })
}

/** Writes a fresh row at depth 0: a root, or with pid 0 a service's virtual root. */
export function fillRoot(grove: Grove, slot: number, service: number, pid: number, kind: number): void {
  const { memory } = grove
  const { rows, floats } = memory
  const at = slot << ROW_SHIFT
  const float = slot << FLOAT_SHIFT
  rows[at + GENERATION] = grove.nextGeneration(slot)
  memory.set(at + FLAGS, LIVE | kind)
  rows[at + PID] = pid
  rows[at + PARENT_PID] = grove.supervisorPid
  rows[at + FIRST_CHILD] = 0
  rows[at + LAST_CHILD] = 0
  rows[at + CHARGED] = 0
  rows[at + RESERVED_SLOTS] = 0
  rows[at + SERVICE] = service
  rows[at + RING] = 0
  rows[at + TEXT_META] = 0
  floats[float + START_TICKS] = Number.NaN
  floats[float + STARTED_AT] = grove.wallMs
  floats[float + TTL_MS] = Number.NaN
  floats[float + RSS_BYTES] = Number.NaN
  floats[float + CPU_PERCENT] = Number.NaN
  floats[float + UNTIL] = Number.NaN
}

/** A root has died: its pid is unknown from here, its children meet the policy, its tickets live on. */
export function rootDied(grove: Grove, slot: number, facts: ExitFacts | null): void {
  const { memory } = grove
  const at = slot << ROW_SHIFT
  const flags = memory.rows[at + FLAGS]
  const service = memory.rows[at + SERVICE]
  memory.set(at + FLAGS, ended(flags, GHOST, facts))
  memory.rows[at + EXIT_CODE] = facts === null ? NO_EXIT_CODE : facts.exitCode
  memory.setFloat((slot << FLOAT_SHIFT) + UNTIL, facts === null ? grove.wallMs : facts.finishedAt)
  grove.vacate(memory.rows[at + PID], slot)
  memory.add((service << ROW_SHIFT) + S_ROOTS, -1)
  uncountMemory(grove, slot, service, flags)
  releaseRing(memory, slot)
  if (grove.happens(service)) {
    grove.tell(service, 'root_exited', { pid: memory.rows[at + PID], exit: readExit(memory.rows, at) })
  }
  if ((flags & DUE_MASK) === 0) afterDeath(grove, slot)
  releaseIfEmpty(grove, slot)
}

/** The service's oldest living root, or 0; one that had the pid `leftPid` has left it, whatever its row says. */
export function oldestRoot(grove: Grove, service: number, leftPid = 0): number {
  const { rows } = grove.memory
  let slot = rows[(service << ROW_SHIFT) + FIRST_CHILD]
  while (slot !== 0) {
    const at = slot << ROW_SHIFT
    if ((rows[at + FLAGS] & STATE_MASK) === LIVE && (leftPid === 0 || rows[at + PID] !== leftPid)) return slot
    slot = rows[at + NEXT]
  }
  return 0
}

/** Who lives at `pid`: -1 this very root, 0 nobody, else a stale record to close; anybody else is an error. */
function occupant(grove: Grove, service: number, pid: number, startTicks: number): number {
  const { rows, floats } = grove.memory
  const found = grove.pids.read(pid)
  if (found >= 0) return 0
  if (cellLane(found) !== grove.lane) throw taken(pid)
  const slot = cellSlot(found)
  const known = floats[(slot << FLOAT_SHIFT) + START_TICKS]
  const same = Number.isNaN(known) || Number.isNaN(startTicks) || known === startTicks
  const kind = rows[(slot << ROW_SHIFT) + FLAGS] & KIND_MASK
  // A peripheral was found before it was said what it is.
  if (!same || kind === PERIPHERAL) return slot
  if (kind === ROOT && rows[(slot << ROW_SHIFT) + SERVICE] === service) return -1
  throw taken(pid)
}

function taken(pid: number): EspalierError {
  return new EspalierError('pid_taken', `pid ${pid} is a living node or another service's root; record its exit first`)
}
