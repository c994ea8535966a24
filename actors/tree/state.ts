/**
 * The trees of one host. Each service's tree is reached through its own row and touches no other's; what they share is
 * the memory they lie in, the pid table and the outbox.
 */

import type { Child } from '../../protocol/children.js'
import type { EspalierEvent, EventFields, EventKind } from '../../protocol/events.js'
import { readChild } from '../../protocol/lane/child.js'
import { GENERATION_MAX } from '../../protocol/lane/operations.js'
import {
  EXITED,
  FLAGS,
  FLOAT_SHIFT,
  GENERATION,
  H_APPLIED,
  KIND_MASK,
  L_ADOPTED,
  L_CHOICES,
  LIVE,
  PARENT,
  PERIPHERAL,
  PID,
  ROOT,
  ROW_SHIFT,
  S_EVENT_NUMBER,
  S_ID,
  S_LIMITS,
  SERVICE,
  STATE_MASK,
  TEXT_META,
  TRACKED,
  VIRTUAL_ROOT,
} from '../../protocol/lane/rows.js'
import { isAscii, nameBytes, readText, textInts } from '../../protocol/lane/text.js'
import type { Outbox } from '../outbox.js'
import { cell, cellLane, cellSlot, type PidTable } from '../pids.js'
import { TEXT_INTS } from './buffers.js'
import { Deadlines } from './deadlines.js'
import type { Memory } from './memory.js'
import { copyTexts } from './texts.js'

/** Room for so many integers is kept from one operation to the next. */
const LEFT_KEPT = 4096

/** What the host was told at its birth. */
export interface GroveFacts {
  /** Number of this host, 0 to 15. */
  readonly lane: number
  /** Shown as the parent of a virtual root's children. */
  readonly supervisorPid: number
}

export class Grove {
  readonly memory: Memory
  readonly pids: PidTable
  readonly outbox: Outbox
  readonly lane: number
  readonly supervisorPid: number
  /** Slot of each service's row, by the registry's number. */
  readonly services = new Map<number, number>()
  readonly deadlines = new Deadlines()
  /** Whether anybody wants events. */
  listening = false
  /** The batch's stamp: checks round it down, grants up. Whole ms of the supervisor's clock. */
  checkMs = 0
  grantMs = 0
  /** The same two as rate logs keep them: modulo 2^32. */
  checkStamp = 0
  grantStamp = 0
  /** What looking ahead gave last: kept so that it is done. */
  ahead = 0
  /** Unix ms of the batch, for people. */
  wallMs = 0
  /** Pids and slots of the rows that the operation under way takes out of the pid table. */
  private left: number[] = []
  private leftEnd = 0

  constructor(memory: Memory, pids: PidTable, outbox: Outbox, facts: GroveFacts) {
    this.memory = memory
    this.pids = pids
    this.outbox = outbox
    this.lane = facts.lane
    this.supervisorPid = facts.supervisorPid
  }

  /** The readable row of `pid` on this host: a node, or a living root. 0 when there is none. */
  find(pid: number): number {
    const found = this.pids.read(pid)
    if (found === 0 || cellLane(found) !== this.lane) return 0
    const slot = cellSlot(found)
    const state = this.memory.rows[slot << ROW_SHIFT] & STATE_MASK
    return state === LIVE || state === EXITED ? slot : 0
  }

  /**
   * Who speaks for a row: a peripheral has no budget, so its nearest spawned ancestor or root does, or, where that is
   * gone, the node `adopted` of its service.
   */
  speaker(slot: number): number {
    const { rows } = this.memory
    let at = slot
    while ((rows[(at << ROW_SHIFT) + FLAGS] & KIND_MASK) === PERIPHERAL) at = rows[(at << ROW_SHIFT) + PARENT]
    if (at === slot || (rows[(at << ROW_SHIFT) + FLAGS] & STATE_MASK) === LIVE) return at
    const service = rows[(at << ROW_SHIFT) + SERVICE]
    return this.tracked(service) ? at : this.limit(service, L_ADOPTED)
  }

  serviceOf(slot: number): number {
    return this.memory.rows[(slot << ROW_SHIFT) + SERVICE]
  }

  /** Where the limits of a service begin in rows: an L_ offset leads to each. */
  limits(service: number): number {
    return this.memory.rows[(service << ROW_SHIFT) + S_LIMITS] << ROW_SHIFT
  }

  /** A limit of a service, by its L_ offset. */
  limit(service: number, which: number): number {
    return this.memory.rows[this.limits(service) + which]
  }

  /** A limit that may be larger than an integer: L_TOTAL_MEMORY, L_TTL_MAX. */
  largeLimit(service: number, which: number): number {
    const { rows, floats } = this.memory
    return floats[(rows[(service << ROW_SHIFT) + S_LIMITS] << FLOAT_SHIFT) + which]
  }

  tracked(service: number): boolean {
    return (this.limit(service, L_CHOICES) & TRACKED) !== 0
  }

  serviceId(service: number): number {
    return this.memory.rows[(service << ROW_SHIFT) + S_ID]
  }

  serviceName(service: number): string {
    const meta = this.memory.rows[(service << ROW_SHIFT) + TEXT_META]
    return readText(this.memory.text, service * TEXT_INTS * 4, nameBytes(meta), isAscii(meta))
  }

  /** The next use of a slot. Written by whoever takes a row. */
  nextGeneration(slot: number): number {
    const generation = this.memory.rows[(slot << ROW_SHIFT) + GENERATION]
    return generation === GENERATION_MAX ? 1 : generation + 1
  }

  isNode(slot: number): boolean {
    const kind = this.memory.rows[slot << ROW_SHIFT] & KIND_MASK
    return kind !== ROOT && kind !== VIRTUAL_ROOT
  }

  /** The child that callers see of a row. */
  child(slot: number): Child {
    const { rows } = this.memory
    const texts = new Int32Array(textInts(rows[(slot << ROW_SHIFT) + TEXT_META]))
    copyTexts(this.memory, slot, texts, 0)
    return readChild(rows, slot << ROW_SHIFT, texts, 0)
  }

  /**
   * Claims the cell of `pid` for a row: over nobody, over a record that has ended, or over `stale`, a living row of this
   * host that is to be closed (0: none). False when somebody else lives there. The first thing that an operation does.
   */
  claim(pid: number, slot: number, stale: number): boolean {
    const mine = cell(this.lane, slot, true)
    for (;;) {
      const found = this.pids.read(pid)
      if (found < 0 && (stale === 0 || found !== cell(this.lane, stale, true))) return false
      if (this.pids.exchange(pid, found, mine)) return true
    }
  }

  /** The process of this row has ended: its cell may be claimed by another. */
  retire(pid: number, slot: number): void {
    this.pids.exchange(pid, cell(this.lane, slot, true), cell(this.lane, slot, false))
  }

  /** This row leaves: its cell is nobody's once the operation is committed. One that is taken back has vacated nothing. */
  vacate(pid: number, slot: number): void {
    this.left[this.leftEnd] = pid
    this.left[this.leftEnd + 1] = slot
    this.leftEnd += 2
  }

  /** Gives back the cells of the rows that have left, unless another has claimed them. */
  vacateLeft(): void {
    const { left, leftEnd } = this
    if (leftEnd === 0) return
    for (let at = 0; at < leftEnd; at += 2) {
      const found = this.pids.read(left[at])
      if (cellLane(found) === this.lane && cellSlot(found) === left[at + 1]) this.pids.exchange(left[at], found, 0)
    }
    // An end of its own: an array that is emptied and filled again at each operation cost 180 ns a cycle.
    this.leftEnd = 0
    if (leftEnd > LEFT_KEPT) this.left = []
  }

  /**
   * Counts an event of a service; whether somebody listens, and wants to be told of it. Numbers advance either way, so a
   * reader that comes late is told which it missed.
   */
  happens(service: number): boolean {
    this.memory.countUp((service << FLOAT_SHIFT) + S_EVENT_NUMBER)
    return this.listening
  }

  /** Tells of the event that `happens` counted last. */
  tell<K extends EventKind>(service: number, kind: K, fields: EventFields[K]): void {
    const number = this.memory.floats[(service << FLOAT_SHIFT) + S_EVENT_NUMBER]
    const event = { kind, service: this.serviceName(service), number, atMs: this.checkMs, ...fields }
    this.outbox.events.push(event as unknown as EspalierEvent)
  }

  /** Operations applied since the lane began. */
  get applied(): number {
    return this.memory.floats[H_APPLIED]
  }

  /** The pid of a row, as a parent of others: the supervisor's for a virtual root. */
  pidOf(slot: number): number {
    const pid = this.memory.rows[(slot << ROW_SHIFT) + PID]
    return pid === 0 ? this.supervisorPid : pid
  }
}
