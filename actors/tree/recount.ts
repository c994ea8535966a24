/** Counting again from the links: what the counters must say. A successor does it, and a change of what counts. */

import {
  CHARGED,
  COUNT_PERIPHERALS,
  DUE_MASK,
  EXITED,
  FLAGS,
  FLOAT_SHIFT,
  KIND_MASK,
  L_CHOICES,
  LIVE,
  PARENT,
  PERIPHERAL,
  QUEUE_NEXT,
  RESERVED_SLOTS,
  ROOT,
  ROW_SHIFT,
  RSS_BYTES,
  S_ACTIVE,
  S_EXITED_COUNT,
  S_EXITED_HEAD,
  S_LIVE,
  S_MEMORY_DUE,
  S_MEMORY_USED,
  S_RESERVATIONS,
  S_ROOTS,
  S_TICKET_HEAD,
  S_WHOLE_MEMORY,
  STATE_MASK,
  TRACKED,
  VIRTUAL_ROOT,
} from '../../protocol/lane/rows.js'
import { nextInPreOrder } from './links.js'
import { tops } from './metrics.js'
import type { Grove } from './state.js'

/** Corrects every counter of a service; gives how many were wrong. */
export function recountService(grove: Grove, service: number): number {
  const { rows, floats } = grove.memory
  const choices = grove.limit(service, L_CHOICES)
  const charged = new Map<number, number>()
  const reserved = new Map<number, number>()
  let live = 0
  let active = 0
  let roots = 0
  let used = 0
  let due = 0
  for (const top of tops(grove, service)) {
    for (let slot = top; slot !== 0; slot = nextInPreOrder(grove.memory, slot, top)) {
      const flags = rows[(slot << ROW_SHIFT) + FLAGS]
      const kind = flags & KIND_MASK
      const living = (flags & STATE_MASK) === LIVE
      const rss = floats[(slot << FLOAT_SHIFT) + RSS_BYTES]
      charged.set(slot, charged.get(slot) ?? 0)
      if (living && kind !== VIRTUAL_ROOT && rss > 0) {
        used += rss
        if (flags & DUE_MASK) due += rss
      }
      if (living && kind === ROOT) roots++
      if (kind === ROOT || kind === VIRTUAL_ROOT) continue
      if (living) active++
      if (living && (kind !== PERIPHERAL || choices & COUNT_PERIPHERALS)) live++
      const holds = living || ((flags & STATE_MASK) === EXITED && (choices & TRACKED) !== 0)
      const parent = rows[(slot << ROW_SHIFT) + PARENT]
      if (holds && kind !== PERIPHERAL) charged.set(parent, (charged.get(parent) ?? 0) + 1)
    }
  }
  for (
    let slot = rows[(service << ROW_SHIFT) + S_TICKET_HEAD];
    slot !== 0;
    slot = rows[(slot << ROW_SHIFT) + QUEUE_NEXT]
  ) {
    const parent = rows[(slot << ROW_SHIFT) + PARENT]
    reserved.set(parent, (reserved.get(parent) ?? 0) + 1)
  }
  let exited = 0
  for (
    let slot = rows[(service << ROW_SHIFT) + S_EXITED_HEAD];
    slot !== 0;
    slot = rows[(slot << ROW_SHIFT) + QUEUE_NEXT]
  ) {
    exited++
  }
  let wrong = 0
  for (const [slot, count] of charged) {
    wrong += correct(grove, (slot << ROW_SHIFT) + CHARGED, count)
    wrong += correct(grove, (slot << ROW_SHIFT) + RESERVED_SLOTS, reserved.get(slot) ?? 0)
  }
  const at = service << ROW_SHIFT
  wrong +=
    correct(grove, at + S_LIVE, live) + correct(grove, at + S_ACTIVE, active) + correct(grove, at + S_ROOTS, roots)
  wrong += correct(grove, at + S_EXITED_COUNT, exited)
  wrong += correct(
    grove,
    at + S_RESERVATIONS,
    [...reserved.values()].reduce((sum, count) => sum + count, 0),
  )
  if (!(rows[at + FLAGS] & S_WHOLE_MEMORY)) wrong += correctFloat(grove, (service << FLOAT_SHIFT) + S_MEMORY_USED, used)
  return wrong + correctFloat(grove, (service << FLOAT_SHIFT) + S_MEMORY_DUE, due)
}

function correct(grove: Grove, index: number, value: number): number {
  if (grove.memory.rows[index] === value) return 0
  grove.memory.rows[index] = value
  return 1
}

/** Sums of floats depend on the order of adding: a byte in a million million is no mistake. */
function correctFloat(grove: Grove, index: number, value: number): number {
  if (Math.abs(grove.memory.floats[index] - value) < 1) return 0
  grove.memory.floats[index] = value
  return 1
}
