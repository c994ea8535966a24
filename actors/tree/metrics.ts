/** What processes use, and what a service does when that is too much. */

import { match } from 'ts-pattern'
import {
  CPU_PERCENT,
  DUE_MASK,
  FIRST_CHILD,
  FLAGS,
  FLOAT_SHIFT,
  KIND_MASK,
  L_ADOPTED,
  L_CHOICES,
  L_TOTAL_MEMORY,
  LIVE,
  MEMORY_ACTION_SHIFT,
  NEXT,
  ORDER,
  ROOT,
  ROW_SHIFT,
  RSS_BYTES,
  S_MEMORY_DUE,
  S_MEMORY_USED,
  S_VIRTUAL_ROOT,
  S_WHOLE_MEMORY,
  SERVICE,
  STATE_MASK,
  VIRTUAL_ROOT,
} from '../../protocol/lane/rows.js'
import { MEMORY_ACTIONS } from '../../protocol/limits.js'
import { nextInPreOrder } from './links.js'
import { order } from './react.js'
import type { Grove } from './state.js'

/** Writes what a process uses (NaN: unknown); ended ones keep it without counting it. */
export function updateMetrics(grove: Grove, slot: number, cpuPercent: number, rssBytes: number): void {
  const { memory } = grove
  const at = slot << FLOAT_SHIFT
  const flags = memory.rows[(slot << ROW_SHIFT) + FLAGS]
  const service = memory.rows[(slot << ROW_SHIFT) + SERVICE]
  const delta = counted(rssBytes) - counted(memory.floats[at + RSS_BYTES])
  memory.setFloat(at + CPU_PERCENT, cpuPercent)
  memory.setFloat(at + RSS_BYTES, rssBytes)
  if ((flags & STATE_MASK) !== LIVE || delta === 0) return
  if (flags & DUE_MASK) memory.addFloat((service << FLOAT_SHIFT) + S_MEMORY_DUE, delta)
  // Of a service that is measured as a whole, its processes are only how much the end of each would free.
  if (memory.rows[(service << ROW_SHIFT) + FLAGS] & S_WHOLE_MEMORY) return
  memory.addFloat((service << FLOAT_SHIFT) + S_MEMORY_USED, delta)
  if (delta > 0) endSome(grove, service)
}

/** Over the quota, ends what the memory action says, one process a call: false when nothing. What was told to end no longer counts. */
export function endSome(grove: Grove, service: number): boolean {
  const { floats } = grove.memory
  const at = service << FLOAT_SHIFT
  const quota = grove.largeLimit(service, L_TOTAL_MEMORY)
  const action = MEMORY_ACTIONS[(grove.limit(service, L_CHOICES) >> MEMORY_ACTION_SHIFT) & 3]
  if (quota < 0 || action === 'deny' || grove.tracked(service)) return false
  if (floats[at + S_MEMORY_USED] - floats[at + S_MEMORY_DUE] <= quota) return false
  const victims = match(action)
    .with('kill_largest', () => most(grove, service, slot => floats[(slot << FLOAT_SHIFT) + RSS_BYTES]))
    .with('kill_newest', () => most(grove, service, slot => floats[(slot << FLOAT_SHIFT) + ORDER]))
    .with('kill_tree', () => tops(grove, service))
    .exhaustive()
  order(grove, service, victims, 'quota')
  return victims.length > 0 && action !== 'kill_tree'
}

/** Everything that a service runs hangs below these rows. */
export function tops(grove: Grove, service: number): number[] {
  const { rows } = grove.memory
  const found = [rows[(service << ROW_SHIFT) + S_VIRTUAL_ROOT], grove.limit(service, L_ADOPTED)]
  for (let root = rows[(service << ROW_SHIFT) + FIRST_CHILD]; root !== 0; root = rows[(root << ROW_SHIFT) + NEXT]) {
    found.push(root)
  }
  return found
}

/** The living node, never a root, with the largest `weight` among those not told to end yet. */
function most(grove: Grove, service: number, weight: (slot: number) => number): number[] {
  const { rows } = grove.memory
  let best = 0
  let heaviest = Number.NEGATIVE_INFINITY
  for (const top of tops(grove, service)) {
    for (let slot = top; slot !== 0; slot = nextInPreOrder(grove.memory, slot, top)) {
      const flags = rows[(slot << ROW_SHIFT) + FLAGS]
      const kind = flags & KIND_MASK
      if ((flags & STATE_MASK) !== LIVE || kind === ROOT || kind === VIRTUAL_ROOT || flags & DUE_MASK) continue
      if (weight(slot) > heaviest) {
        best = slot
        heaviest = weight(slot)
      }
    }
  }
  return best === 0 ? [] : [best]
}

/** Bytes that count: none while unknown. */
function counted(rssBytes: number): number {
  return Number.isNaN(rssBytes) ? 0 : rssBytes
}
