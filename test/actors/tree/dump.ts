/** Everything that a host knows, without where it lies: two hosts with the same dump answer everything alike. */

import { cellLiving, cellSlot } from '../../../actors/pids.js'
import { LINE_INTS, LINE_LINK } from '../../../actors/tree/buffers.js'
import type { Grove } from '../../../actors/tree/state.js'
import {
  CHARGED,
  depthOf,
  EXITED,
  FIRST_CHILD,
  FLAGS,
  FREE,
  GENERATION,
  H_FIRST_SERVICE,
  H_FREE_LINE,
  H_FREE_ROW,
  H_NEXT_LINE,
  H_NEXT_ROW,
  HEADER_ROWS,
  L_ADOPTED,
  L_CHOICES,
  L_DEEPEST,
  L_DEPTH,
  L_TICKET_TTL,
  L_TOTAL_MEMORY,
  L_TTL_MAX,
  LIVE,
  NEXT,
  PARENT,
  PARENT_PID,
  PID,
  QUEUE_NEXT,
  RESERVED_SLOTS,
  RING,
  RING_SHAPE,
  ROW_FLOATS,
  ROW_INTS,
  S_ACTIVE,
  S_EVENT_NUMBER,
  S_EXITED_COUNT,
  S_EXITED_HEAD,
  S_ID,
  S_LIFETIME,
  S_LIMITS,
  S_LIVE,
  S_MEMORY_DUE,
  S_MEMORY_USED,
  S_RECORDS,
  S_RESERVATIONS,
  S_ROOTS,
  S_TICKET_HEAD,
  S_VIRTUAL_ROOT,
  STATE_MASK,
  TTL_MS,
  UNTIL,
} from '../../../protocol/lane/rows.js'

/** The services, their trees, and how many rows and lines are free. */
export function dump(grove: Grove): unknown {
  const { rows } = grove.memory
  const services = []
  for (let service = rows[H_FIRST_SERVICE]; service !== 0; service = rows[service * ROW_INTS + NEXT]) {
    services.push(dumpService(grove, service))
  }
  return { services, usedRows: usedRows(grove), usedLines: usedLines(grove) }
}

function dumpService(grove: Grove, service: number): unknown {
  const { rows, floats } = grove.memory
  const at = service * ROW_INTS
  const float = service * ROW_FLOATS
  const limits = rows[at + S_LIMITS]
  return {
    id: rows[at + S_ID],
    name: grove.serviceName(service),
    flags: rows[at + FLAGS],
    limits: [
      ...rows.subarray(limits * ROW_INTS + L_DEPTH, limits * ROW_INTS + GENERATION),
      ...rows.subarray(limits * ROW_INTS + L_TICKET_TTL, limits * ROW_INTS + L_CHOICES + 1),
      ...floats.subarray(limits * ROW_FLOATS + L_TOTAL_MEMORY, limits * ROW_FLOATS + L_TTL_MAX + 1),
    ],
    counters: [S_ACTIVE, S_LIVE, S_RESERVATIONS, S_EXITED_COUNT, S_ROOTS].map(which => rows[at + which]),
    sums: [S_RECORDS, S_EVENT_NUMBER, S_LIFETIME].map(which => floats[float + which]),
    memory: [S_MEMORY_USED, S_MEMORY_DUE].map(which => Math.round(floats[float + which])),
    rate: stamps(grove, service),
    tickets: queue(grove, rows[at + S_TICKET_HEAD]).map(slot => [
      grove.pidOf(rows[slot * ROW_INTS + PARENT]),
      floats[slot * ROW_FLOATS + UNTIL],
      floats[slot * ROW_FLOATS + TTL_MS],
    ]),
    exited: queue(grove, rows[at + S_EXITED_HEAD]).map(slot => rows[slot * ROW_INTS + PID]),
    roots: children(grove, service),
    deepest: rows[limits * ROW_INTS + L_DEEPEST],
    adopted: dumpNode(grove, rows[limits * ROW_INTS + L_ADOPTED]),
    virtual: dumpNode(grove, rows[at + S_VIRTUAL_ROOT]),
  }
}

function dumpNode(grove: Grove, slot: number): unknown {
  const { memory, pids } = grove
  const { rows, floats } = memory
  const at = slot * ROW_INTS
  const state = rows[at + FLAGS] & STATE_MASK
  const readable = state === LIVE || state === EXITED
  const cell = pids.read(rows[at + PID])
  const hasUntil = state === EXITED || (state === LIVE && !Number.isNaN(floats[slot * ROW_FLOATS + TTL_MS]))
  return {
    pid: rows[at + PID],
    parentPid: rows[at + PARENT_PID],
    flags: rows[at + FLAGS],
    depth: depthOf(rows[at + FLAGS]),
    charged: rows[at + CHARGED],
    reserved: rows[at + RESERVED_SLOTS],
    // A pid that another row holds by now is told there.
    cell: readable && cellSlot(cell) === slot ? cellLiving(cell) : null,
    child: readable ? grove.child(slot) : null,
    untilMs: hasUntil ? floats[slot * ROW_FLOATS + UNTIL] : null,
    rate: stamps(grove, slot),
    children: children(grove, slot),
  }
}

function children(grove: Grove, parent: number): unknown[] {
  const { rows } = grove.memory
  const nodes = []
  for (let child = rows[parent * ROW_INTS + FIRST_CHILD]; child !== 0; child = rows[child * ROW_INTS + NEXT]) {
    nodes.push(dumpNode(grove, child))
  }
  return nodes
}

function queue(grove: Grove, head: number): number[] {
  const slots = []
  for (let slot = head; slot !== 0; slot = grove.memory.rows[slot * ROW_INTS + QUEUE_NEXT]) slots.push(slot)
  return slots
}

export function stamps(grove: Grove, slot: number): number[] {
  const { rows, rings } = grove.memory
  const block = rows[slot * ROW_INTS + RING]
  if (block === 0) return []
  const shape = rows[slot * ROW_INTS + RING_SHAPE]
  const isBig = shape === -1
  const capacity = isBig ? rings[block] : shape & 255
  const head = isBig ? rings[block + 1] : (shape >> 8) & 255
  const count = isBig ? rings[block + 2] : shape >> 16
  const base = isBig ? block + 3 : block
  return Array.from({ length: count }, (_, index) => rings[base + ((head + index) % capacity)])
}

/** Rows that are not free; -1 when the free list holds one that is not. */
function usedRows(grove: Grove): number {
  const { rows } = grove.memory
  let free = 0
  for (let slot = rows[H_FREE_ROW]; slot !== 0; slot = rows[slot * ROW_INTS + NEXT]) {
    if ((rows[slot * ROW_INTS + FLAGS] & STATE_MASK) !== FREE) return -1
    free++
  }
  return rows[H_NEXT_ROW] - HEADER_ROWS - free
}

function usedLines(grove: Grove): number {
  const { rows, lines } = grove.memory
  let free = 0
  for (let line = rows[H_FREE_LINE]; line !== 0; line = lines[line * LINE_INTS + LINE_LINK]) free++
  return rows[H_NEXT_LINE] - 1 - free
}
