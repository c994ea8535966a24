/** Tickets: what a grant reserves, until it is used, released or expired. The ticket is the row the child will have. */

import { GENERATION_MAX, ticketNumber } from '../../protocol/lane/operations.js'
import {
  DEPTH_SHIFT,
  FLAGS,
  FLOAT_SHIFT,
  FREE,
  GENERATION,
  GHOST,
  L_RATE,
  L_RATE_WINDOW,
  L_SERVICE_RATE,
  L_SERVICE_RATE_WINDOW,
  L_TICKET_TTL,
  PARENT,
  QUEUE_NEXT,
  QUEUE_PREVIOUS,
  RESERVED_SLOTS,
  RING,
  ROW_SHIFT,
  S_LIFETIME,
  S_RESERVATIONS,
  S_TICKET_HEAD,
  S_TICKET_TAIL,
  SERVICE,
  STATE_MASK,
  TEXT_META,
  TICKET,
  TICKETED,
  TTL_MS,
  UNTIL,
} from '../../protocol/lane/rows.js'
import { enter, quit } from './queues.js'
import { releaseIfEmpty } from './remove.js'
import { push } from './ring.js'
import type { Grove } from './state.js'

/** Reserves a child of `parent`: one child slot, one descendant slot, one rate slot. Gives the ticket's row. */
export function reserve(grove: Grove, parent: number, depth: number, ttlMs: number): number {
  const { memory } = grove
  const service = memory.rows[(parent << ROW_SHIFT) + SERVICE]
  const slot = memory.takeRow()
  const at = slot << ROW_SHIFT
  memory.rows[at + GENERATION] = grove.nextGeneration(slot)
  memory.rows[at + PARENT] = parent
  memory.rows[at + SERVICE] = service
  memory.rows[at + TEXT_META] = 0
  memory.rows[at + RING] = 0
  memory.floats[(slot << FLOAT_SHIFT) + TTL_MS] = ttlMs
  const untilMs = grove.grantMs + grove.limit(service, L_TICKET_TTL)
  memory.floats[(slot << FLOAT_SHIFT) + UNTIL] = untilMs
  queueTicket(grove, slot, service, untilMs, TICKET | TICKETED | (depth << DEPTH_SHIFT))
  memory.add((parent << ROW_SHIFT) + RESERVED_SLOTS, 1)
  memory.add((service << ROW_SHIFT) + S_RESERVATIONS, 1)
  memory.countUp((service << FLOAT_SHIFT) + S_LIFETIME)
  chargeRate(grove, parent, service)
  return slot
}

/** Writes a spawn into the rate logs of its parent and its service. */
export function chargeRate(grove: Grove, parent: number, service: number): void {
  const { memory } = grove
  const { rows } = memory
  const limits = grove.limits(service)
  const limit = rows[limits + L_RATE]
  if (limit >= 0) push(memory, parent, limit, rows[limits + L_RATE_WINDOW], grove.grantStamp)
  const serviceLimit = rows[limits + L_SERVICE_RATE]
  if (serviceLimit >= 0) push(memory, service, serviceLimit, rows[limits + L_SERVICE_RATE_WINDOW], grove.grantStamp)
}

/** How a ticket stands. */
export type Standing = 'live' | 'used' | 'dead' | 'never'

/** Whether the ticket of `slot` and `generation` is live, was used by a record still known, is dead, or never was. */
export function standing(grove: Grove, slot: number, generation: number): Standing {
  const { memory } = grove
  if (slot < 4 || slot >= memory.rowsEnd() || generation < 1 || generation > GENERATION_MAX) return 'never'
  const current = memory.generation(slot)
  if (generation > current) return 'never'
  const flags = memory.rows[(slot << ROW_SHIFT) + FLAGS]
  const state = flags & STATE_MASK
  if (generation < current || state === FREE || state === GHOST) return 'dead'
  if ((flags & TICKETED) === 0) return 'never'
  return state === TICKET ? 'live' : 'used'
}

/** Frees what a live ticket holds; its rate slot stays spent. */
export function release(grove: Grove, slot: number, kind: 'ticket_released' | 'ticket_expired'): void {
  const { memory } = grove
  const parent = memory.rows[(slot << ROW_SHIFT) + PARENT]
  const service = memory.rows[(slot << ROW_SHIFT) + SERVICE]
  unqueueTicket(grove, slot, FREE)
  if (grove.happens(service)) {
    const ticket = ticketNumber(grove.lane, slot, memory.generation(slot))
    grove.tell(service, kind, { ticket, parentPid: grove.pidOf(parent) })
  }
  memory.giveRow(slot)
  releaseIfEmpty(grove, parent)
}

/** Takes a ticket out of the books, as used or as dead: `flags` say what the row is from here. */
export function unqueueTicket(grove: Grove, slot: number, flags: number): void {
  const { memory } = grove
  const at = slot << ROW_SHIFT
  const service = memory.rows[at + SERVICE] << ROW_SHIFT
  quit(memory, slot, flags, service + S_TICKET_HEAD, service + S_TICKET_TAIL)
  memory.add((memory.rows[at + PARENT] << ROW_SHIFT) + RESERVED_SLOTS, -1)
  memory.add(service + S_RESERVATIONS, -1)
}

/**
 * Remembers what a row was as a ticket, for the operation that made a node of it and goes on to make an exited one: both
 * have a place in a queue and a time.
 */
export function keepTicket({ memory }: Grove, slot: number): void {
  const at = slot << ROW_SHIFT
  memory.set(at + QUEUE_PREVIOUS, 0)
  memory.set(at + QUEUE_NEXT, 0)
  memory.setFloat((slot << FLOAT_SHIFT) + UNTIL, Number.NaN)
}

/** Expires the tickets of a service whose time has come. */
export function expire(grove: Grove, service: number): void {
  const { memory } = grove
  for (;;) {
    const slot = memory.rows[(service << ROW_SHIFT) + S_TICKET_HEAD]
    if (slot === 0 || memory.floats[(slot << FLOAT_SHIFT) + UNTIL] > grove.checkMs) return
    release(grove, slot, 'ticket_expired')
  }
}

/** Releases every ticket of `parent`, or of the whole service with parent 0. */
export function releaseAll(grove: Grove, service: number, parent: number): void {
  const { memory } = grove
  let slot = memory.rows[(service << ROW_SHIFT) + S_TICKET_TAIL]
  while (slot !== 0) {
    const before = memory.rows[(slot << ROW_SHIFT) + QUEUE_PREVIOUS]
    if (parent === 0 || memory.rows[(slot << ROW_SHIFT) + PARENT] === parent) release(grove, slot, 'ticket_released')
    slot = before
  }
}

/** Tickets wait in the order in which they expire; only a shortened `ticket_ttl` makes this walk. */
function queueTicket(grove: Grove, slot: number, service: number, untilMs: number, flags: number): void {
  const { memory } = grove
  const head = (service << ROW_SHIFT) + S_TICKET_HEAD
  const tail = (service << ROW_SHIFT) + S_TICKET_TAIL
  let before = memory.rows[tail]
  while (before !== 0 && memory.floats[(before << FLOAT_SHIFT) + UNTIL] > untilMs) {
    before = memory.rows[(before << ROW_SHIFT) + QUEUE_PREVIOUS]
  }
  enter(memory, slot, flags, head, tail, before)
}
