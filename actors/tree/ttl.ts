/** Times to live: who has overstayed ends by order. */

import { DUE_MASK, FLAGS, GENERATION, LIVE, ROW_SHIFT, STATE_MASK } from '../../protocol/lane/rows.js'
import { order } from './react.js'
import type { Grove } from './state.js'

/** Entries of ended nodes that the heap may hold before it is pruned, beyond twice the living ones. */
const SLACK = 1024

/** The time to live of who asks for `ttlMs` (NaN: none) where `mostMs` is the longest; -1: none is. */
export function boundedTtl(ttlMs: number, mostMs: number): number {
  if (mostMs < 0) return ttlMs
  return Number.isNaN(ttlMs) ? mostMs : Math.min(ttlMs, mostMs)
}

/** Tells the nodes whose time to live is over to end; each order is a step of its own. */
export function endOverdue(grove: Grove): void {
  const { memory, deadlines } = grove
  for (let due = deadlines.takeDue(grove.checkMs); due !== null; due = deadlines.takeDue(grove.checkMs)) {
    if (!waits(grove, due.slot, due.generation)) continue
    order(grove, grove.serviceOf(due.slot), [due.slot], 'ttl')
    memory.checkpoint()
  }
  if (deadlines.size > deadlines.kept * 2 + SLACK) deadlines.prune(due => waits(grove, due.slot, due.generation))
}

function waits(grove: Grove, slot: number, generation: number): boolean {
  const { rows } = grove.memory
  const flags = rows[(slot << ROW_SHIFT) + FLAGS]
  return (
    rows[(slot << ROW_SHIFT) + GENERATION] === generation && (flags & STATE_MASK) === LIVE && (flags & DUE_MASK) === 0
  )
}
