/**
 * What a successor does before it answers: undo the operation cut short, link the rows, claim the pids, count, and give
 * orders again.
 */

import { EXIT_REASONS } from '../../protocol/children.js'
import type { TerminationReason } from '../../protocol/events.js'
import {
  DUE_MASK,
  DUE_SHIFT,
  EXITED,
  FLAGS,
  FLOAT_SHIFT,
  GENERATION,
  GHOST,
  H_FIRST_SERVICE,
  H_STAMP,
  KIND_MASK,
  L_GRACE,
  LIVE,
  NEXT,
  ORDER,
  PID,
  ROW_SHIFT,
  S_ID,
  STATE_MASK,
  TTL_MS,
  UNTIL,
  VIRTUAL_ROOT,
} from '../../protocol/lane/rows.js'
import { cell, cellLane, cellSlot } from '../pids.js'
import { tops } from './metrics.js'
import { recountService } from './recount.js'
import { relink } from './relink.js'
import { subtree } from './remove.js'
import type { Grove } from './state.js'

/** How a recovery went. */
export interface Recovery {
  /** Whether an operation was under way. */
  readonly undone: boolean
  /** Counters that disagreed with the links: those that the operation taken back had touched. */
  readonly corrected: number
  readonly processes: number
}

/** Makes a grove whole again from memory that a dead host left behind. */
export function recover(grove: Grove): Recovery {
  const { memory, pids } = grove
  const { rows, floats } = memory
  const undone = memory.rollBack()
  relink(memory)
  grove.checkMs = grove.grantMs = floats[H_STAMP]
  grove.checkStamp = grove.grantStamp = grove.checkMs | 0
  for (let slot = rows[H_FIRST_SERVICE]; slot !== 0; slot = rows[(slot << ROW_SHIFT) + NEXT]) {
    grove.services.set(rows[(slot << ROW_SHIFT) + S_ID], slot)
  }
  let corrected = 0
  let processes = 0
  const owners = new Map<number, number>()
  for (const service of grove.services.values()) {
    const due = new Map<number, number[]>()
    for (const slot of tops(grove, service).flatMap(top => subtree(grove, top))) {
      const at = slot << ROW_SHIFT
      const state = rows[at + FLAGS] & STATE_MASK
      if (state === GHOST || (rows[at + FLAGS] & KIND_MASK) === VIRTUAL_ROOT) continue
      if ((state === LIVE || state === EXITED) && isLater(grove, slot, owners.get(rows[at + PID]))) {
        owners.set(rows[at + PID], slot)
      }
      if (state !== LIVE) continue
      processes++
      const reason = (rows[at + FLAGS] & DUE_MASK) >>> DUE_SHIFT
      if (reason !== 0) due.set(reason, [rows[at + PID], ...(due.get(reason) ?? [])])
      const float = slot << FLOAT_SHIFT
      if (!Number.isNaN(floats[float + TTL_MS])) grove.deadlines.add(floats[float + UNTIL], slot, rows[at + GENERATION])
    }
    corrected += recountService(grove, service)
    repeatOrders(grove, service, due)
  }
  for (let pid = 1; pid < pids.cells.length; pid++) {
    const found = pids.cells[pid]
    if (found === 0 || cellLane(found) !== grove.lane) continue
    const owner = owners.get(pid)
    const living = owner !== undefined && (rows[(owner << ROW_SHIFT) + FLAGS] & STATE_MASK) === LIVE
    if (owner === undefined || cellSlot(found) !== owner)
      pids.exchange(pid, found, owner ? cell(grove.lane, owner, living) : 0)
    else if (living !== found < 0) pids.exchange(pid, found, cell(grove.lane, owner, living))
  }
  memory.checkpoint()
  return { undone, corrected, processes }
}

/** Of the rows with a pid the last that was recorded has claimed it; that it lives stands against any order. */
function isLater(grove: Grove, slot: number, other: number | undefined): boolean {
  const { rows, floats } = grove.memory
  if (other === undefined) return true
  const isLiving = (one: number) => (rows[(one << ROW_SHIFT) + FLAGS] & STATE_MASK) === LIVE
  if (isLiving(slot) !== isLiving(other)) return isLiving(slot)
  return floats[(slot << FLOAT_SHIFT) + ORDER] > floats[(other << FLOAT_SHIFT) + ORDER]
}

/** Gives the orders of a service again, by reason: the host may have died before anybody heard. Ending twice is ending. */
function repeatOrders(grove: Grove, service: number, due: ReadonlyMap<number, readonly number[]>): void {
  const graceMs = grove.limit(service, L_GRACE)
  for (const [reason, pids] of due) {
    grove.outbox.effects.push({
      kind: 'end_processes',
      service: grove.serviceName(service),
      pids,
      reason: EXIT_REASONS[reason - 1] as TerminationReason,
      graceMs,
    })
  }
}
