/** Recording a process: the reservation becomes the node, or an undeclared one is tracked and counted all the same. */

import { EspalierError } from '../../protocol/failures.js'
import { ticketNumber } from '../../protocol/lane/operations.js'
import {
  CHARGED,
  COUNT_PERIPHERALS,
  CPU_PERCENT,
  DEPTH_MAX,
  DEPTH_SHIFT,
  depthOf,
  FIRST_CHILD,
  FLAGS,
  FLOAT_SHIFT,
  GENERATION,
  H_ORDER,
  KIND_MASK,
  L_CHOICES,
  L_DEEPEST,
  L_TTL_MAX,
  LAST_CHILD,
  LIVE,
  ORDER,
  PARENT,
  PARENT_PID,
  PERIPHERAL,
  PID,
  RESERVED_SLOTS,
  RING,
  ROOT,
  ROW_SHIFT,
  RSS_BYTES,
  S_ACTIVE,
  S_LIVE,
  S_MEMORY_USED,
  S_RECORDS,
  S_VIRTUAL_ROOT,
  SERVICE,
  SPAWNED,
  START_TICKS,
  STARTED_AT,
  TEXT_META,
  TICKETED,
  TTL_MS,
  UNTIL,
} from '../../protocol/lane/rows.js'
import { textInts } from '../../protocol/lane/text.js'
import { cellLane, cellSlot } from '../pids.js'
import { refuse } from './decide.js'
import { exit } from './exit.js'
import { sameTicks } from './identity.js'
import { append, setDeepest } from './links.js'
import { meetParent } from './react.js'
import { oldestRoot, rootDied } from './roots.js'
import { isWhole } from './service-memory.js'
import type { Grove } from './state.js'
import { writeTexts } from './texts.js'
import { chargeRate, type Standing, standing, unqueueTicket } from './tickets.js'
import { boundedTtl } from './ttl.js'

/** What a caller says of a process; NaN and -1 stand for what it did not say. */
export interface RecordFacts {
  parentPid: number
  pid: number
  peripheral: boolean
  known: boolean
  /** 0 for none. */
  ticketSlot: number
  ticketGeneration: number
  /** Row of the service hinted at, or 0. */
  hint: number
  /** Row of the service whose virtual root is the parent, or 0. */
  virtual: number
  depth: number
  childParentPid: number
  startTicks: number
  startedAt: number
  ttlMs: number
  cpuPercent: number
  rssBytes: number
  /** Start ticks of the parent. */
  parentTicks: number
  textMeta: number
  texts: Int32Array
  textAt: number
}

/** What became of a record: the service's row (0: not tracked) and the node's. */
export interface Recorded {
  readonly service: number
  readonly slot: number
}

/** @throws {EspalierError} `invalid_input`, with nothing written. */
export function record(grove: Grove, facts: RecordFacts): Recorded {
  const { memory } = grove
  const { rows } = memory
  const ticket = facts.ticketGeneration === 0 ? null : standing(grove, facts.ticketSlot, facts.ticketGeneration)
  if (ticket === 'never') throw invalid(`ticket ${shownTicket(grove, facts)} was never issued; authorize first`)
  const parent = parentOf(grove, facts, ticket === 'live')
  if (parent === 0) {
    const known = knownAlready(grove, facts, ticket)
    if (known.service === 0) checkTicket(grove, facts, ticket, parent)
    return known
  }
  const service = rows[(parent << ROW_SHIFT) + SERVICE]
  const found = occupant(grove, facts, parent)
  if (found.same) return knownAt(grove, found.slot)
  if (ticket === 'used' && isSame(grove, facts.ticketSlot, facts)) return knownAt(grove, facts.ticketSlot)
  checkBooks(grove, facts, parent)
  checkTicket(grove, facts, ticket, parent)
  const reserved = ticket === 'live'
  const overrun = reserved || facts.peripheral || facts.known ? null : refuse(grove, parent, facts.ttlMs)
  const over = overrun === null ? null : { ...overrun }
  const slot = reserved ? facts.ticketSlot : memory.nextRow
  if (!grove.claim(facts.pid, slot, found.slot)) throw taken(facts.pid)
  // The row is taken before another is given back, for a free row's fields are written without undo.
  const flags = flagsOf(grove, parent, facts, reserved)
  if (!reserved) memory.set((memory.takeRow() << ROW_SHIFT) + FLAGS, flags)
  if (found.slot !== 0) closeStale(grove, found.slot)
  // The ticket holds its parent's row, which may be the stale one.
  if (reserved) unqueueTicket(grove, slot, flags)
  fill(grove, slot, parent, facts, reserved)
  count(grove, parent, service, facts)
  if (!reserved && !facts.peripheral && !facts.known) chargeRate(grove, parent, service)
  if (!facts.known && grove.happens(service)) tellRecorded(grove, service, slot, facts, ticket)
  if (over !== null && grove.happens(service)) {
    grove.tell(service, 'limit_overrun', {
      pid: facts.pid,
      code: over.code,
      limit: Number.isNaN(over.limit) ? null : over.limit,
      current: Number.isNaN(over.current) ? null : over.current,
    })
  }
  meetParent(grove, slot, parent)
  return { service, slot }
}

/** Its own service's: the pid of its parent may be another's by now. */
function knownAt(grove: Grove, slot: number): Recorded {
  return { service: grove.serviceOf(slot), slot }
}

function tellRecorded(grove: Grove, service: number, slot: number, facts: RecordFacts, ticket: Standing | null): void {
  grove.tell(service, 'child_recorded', {
    child: grove.child(slot),
    ticket: ticket === null ? null : ticketNumber(grove.lane, facts.ticketSlot, facts.ticketGeneration),
    late: ticket === 'dead',
  })
}

function parentOf(grove: Grove, facts: RecordFacts, live: boolean): number {
  const { rows } = grove.memory
  if (facts.virtual !== 0) {
    // Whoever spoke for the service is named by the ticket.
    const asked = live ? rows[(facts.ticketSlot << ROW_SHIFT) + PARENT] : 0
    const isOurs = asked !== 0 && rows[(asked << ROW_SHIFT) + SERVICE] === facts.virtual
    return isOurs ? asked : rows[(facts.virtual << ROW_SHIFT) + S_VIRTUAL_ROOT]
  }
  // A ticket is of the process that asked: another may have its pid by now, on this host or on another one.
  const asked = live ? rows[(facts.ticketSlot << ROW_SHIFT) + PARENT] : 0
  if (asked !== 0 && rows[(asked << ROW_SHIFT) + PID] === facts.parentPid) return asked
  const found = grove.find(facts.parentPid)
  if (found !== 0 && sameTicks(grove, found, facts.parentTicks)) return grove.speaker(found)
  if (facts.hint === 0) return 0
  return oldestRoot(grove, facts.hint, facts.pid) || rows[(facts.hint << ROW_SHIFT) + S_VIRTUAL_ROOT]
}

/** The parent is nobody any more, or never was: only what was recorded under it before has an answer. */
function knownAlready(grove: Grove, facts: RecordFacts, ticket: Standing | null): Recorded {
  const { rows } = grove.memory
  const cell = grove.pids.read(facts.pid)
  const living = cell < 0 && cellLane(cell) === grove.lane
  const slot = ticket === 'used' ? facts.ticketSlot : living ? cellSlot(cell) : 0
  const same = slot !== 0 && grove.isNode(slot) && rows[(slot << ROW_SHIFT) + PARENT_PID] === facts.parentPid
  return same && isSame(grove, slot, facts) ? knownAt(grove, slot) : { service: 0, slot: 0 }
}

/** Who has the pid already: the same process under this parent, or a stale record to be closed; anybody else is an error. */
function occupant(grove: Grove, facts: RecordFacts, parent: number): { readonly same: boolean; readonly slot: number } {
  const { rows } = grove.memory
  const cell = grove.pids.read(facts.pid)
  if (cell >= 0) return { same: false, slot: 0 }
  if (cellLane(cell) !== grove.lane) throw taken(facts.pid)
  const slot = cellSlot(cell)
  const at = slot << ROW_SHIFT
  const kind = rows[at + FLAGS] & KIND_MASK
  // Found before it was said that it was asked for: what nobody asked for was a mistake.
  const isMistaken = kind === PERIPHERAL && !facts.peripheral
  if (isMistaken || !isSame(grove, slot, facts)) return { same: false, slot }
  const isRoot = kind === ROOT
  const said = rows[at + PARENT_PID]
  // Where a peripheral asks, its spawned ancestor is the parent in the books.
  const sameParent = said === facts.parentPid || (rows[at + PARENT] === parent && said === grove.pidOf(parent))
  if (!isRoot && sameParent) return { same: true, slot }
  for (let above = parent; above !== 0 && grove.memory.rows[(above << ROW_SHIFT) + SERVICE] !== above; ) {
    if (above === slot) throw invalid(`pid ${facts.pid} is an ancestor of its parent ${facts.parentPid}: a cycle`)
    above = rows[(above << ROW_SHIFT) + PARENT]
  }
  throw taken(facts.pid)
}

/** The same process by pid, and by start ticks where both are known. */
function isSame(grove: Grove, slot: number, facts: RecordFacts): boolean {
  return grove.memory.rows[(slot << ROW_SHIFT) + PID] === facts.pid && sameTicks(grove, slot, facts.startTicks)
}

function checkBooks(grove: Grove, facts: RecordFacts, parent: number): void {
  const depth = depthOf(grove.memory.rows[(parent << ROW_SHIFT) + FLAGS]) + 1
  if (facts.depth >= 0 && facts.depth !== depth) {
    throw invalid(`depth ${facts.depth} of pid ${facts.pid} contradicts the books: below its parent it is ${depth}`)
  }
  if (facts.childParentPid >= 0 && facts.virtual === 0 && facts.childParentPid !== facts.parentPid) {
    throw invalid(
      `parentPid ${facts.childParentPid} of pid ${facts.pid} contradicts the call, which says ${facts.parentPid}`,
    )
  }
  if (depth > DEPTH_MAX) throw invalid(`pid ${facts.pid} would be at depth ${depth}; at most ${DEPTH_MAX} can be kept`)
}

function checkTicket(grove: Grove, facts: RecordFacts, ticket: string | null, parent: number): void {
  if (ticket === 'used') throw invalid(`ticket ${shownTicket(grove, facts)} was used for another process`)
  if (ticket === 'live' && grove.memory.rows[(facts.ticketSlot << ROW_SHIFT) + PARENT] !== parent) {
    throw invalid(`ticket ${shownTicket(grove, facts)} belongs to another parent than ${facts.parentPid}`)
  }
}

/** Another process has this pid now, so the one in the books has ended, nobody knows how. */
function closeStale(grove: Grove, slot: number): void {
  if (grove.isNode(slot)) exit(grove, slot, null)
  else rootDied(grove, slot, null)
}

function flagsOf(grove: Grove, parent: number, facts: RecordFacts, reserved: boolean): number {
  const kind = facts.peripheral ? PERIPHERAL : SPAWNED
  const depth = depthOf(grove.memory.rows[(parent << ROW_SHIFT) + FLAGS]) + 1
  return LIVE | kind | (reserved ? TICKETED : 0) | (depth << DEPTH_SHIFT)
}

function fill(grove: Grove, slot: number, parent: number, facts: RecordFacts, reserved: boolean): void {
  const { memory } = grove
  const { rows, floats } = memory
  const at = slot << ROW_SHIFT
  const float = slot << FLOAT_SHIFT
  const service = rows[(parent << ROW_SHIFT) + SERVICE]
  if (!reserved) rows[at + GENERATION] = grove.nextGeneration(slot)
  const depth = depthOf(rows[at + FLAGS])
  if (depth > grove.limit(service, L_DEEPEST)) setDeepest(grove, service, depth)
  const given = Number.isNaN(facts.ttlMs) && reserved ? floats[float + TTL_MS] : facts.ttlMs
  const ttlMs = boundedTtl(given, grove.largeLimit(service, L_TTL_MAX))
  const startedAt = Number.isNaN(facts.startedAt) ? grove.wallMs : facts.startedAt
  // A gap in the order says nothing, so it needs no undo.
  const order = ++floats[H_ORDER]
  // A ticket has a deadline and a time to live too: those it must get back if the operation is cut short.
  if (!Number.isNaN(ttlMs))
    memory.setFloat(float + UNTIL, grove.checkMs + ttlMs - Math.max(0, grove.wallMs - startedAt))
  if (!Object.is(floats[float + TTL_MS], ttlMs)) memory.setFloat(float + TTL_MS, ttlMs)
  // Nobody reads the other fields of a free row or a ticket, so they need no undo.
  rows[at + PID] = facts.pid
  rows[at + PARENT_PID] =
    facts.hint !== 0 && grove.pidOf(parent) !== facts.parentPid ? facts.parentPid : grove.pidOf(parent)
  rows[at + FIRST_CHILD] = 0
  rows[at + LAST_CHILD] = 0
  rows[at + CHARGED] = 0
  rows[at + RESERVED_SLOTS] = 0
  rows[at + SERVICE] = service
  rows[at + RING] = 0
  rows[at + TEXT_META] = facts.textMeta
  floats[float + ORDER] = order
  floats[float + START_TICKS] = facts.startTicks
  floats[float + STARTED_AT] = startedAt
  floats[float + CPU_PERCENT] = facts.cpuPercent
  floats[float + RSS_BYTES] = facts.rssBytes
  writeTexts(memory, slot, facts.texts, facts.textAt, textInts(facts.textMeta))
  append(memory, slot, parent)
  if (!Number.isNaN(ttlMs)) grove.deadlines.add(floats[float + UNTIL], slot, rows[at + GENERATION])
}

function count(grove: Grove, parent: number, service: number, facts: RecordFacts): void {
  const { memory } = grove
  const at = service << ROW_SHIFT
  const float = service << FLOAT_SHIFT
  if (!facts.peripheral) memory.add((parent << ROW_SHIFT) + CHARGED, 1)
  if (!facts.peripheral || grove.limit(service, L_CHOICES) & COUNT_PERIPHERALS) memory.add(at + S_LIVE, 1)
  memory.add(at + S_ACTIVE, 1)
  memory.countUp(float + S_RECORDS)
  if (facts.rssBytes > 0 && !isWhole(grove, service)) memory.addFloat(float + S_MEMORY_USED, facts.rssBytes)
}

function shownTicket(grove: Grove, facts: RecordFacts): number {
  return ticketNumber(grove.lane, facts.ticketSlot, facts.ticketGeneration)
}

function invalid(message: string): EspalierError {
  return new EspalierError('invalid_input', message)
}

function taken(pid: number): EspalierError {
  return new EspalierError('invalid_input', `pid ${pid} is a living process of another parent; record its exit first`)
}
