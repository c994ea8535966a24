/**
 * Links made anew from facts: a row says its state, its parent and its place in the order, and these are never half
 * written. Whoever goes on with a dead host's memory finds siblings and free rows again from them.
 */

import {
  EXITED,
  FIRST_CHILD,
  FLAGS,
  FLOAT_SHIFT,
  FREE,
  GHOST,
  H_FREE_ROW,
  HEADER_ROWS,
  KIND_MASK,
  LAST_CHILD,
  LIVE,
  ORDER,
  PARENT,
  ROW_SHIFT,
  SERVICE_ROW,
  STATE_MASK,
  VIRTUAL_ROOT,
} from '../../protocol/lane/rows.js'
import { append } from './links.js'
import type { Memory } from './memory.js'

/** Hangs every row of every tree below its parent again, in the order recorded, and gathers the free ones. */
export function relink(memory: Memory): void {
  const { rows, floats } = memory
  const hanging: number[] = []
  memory.link(H_FREE_ROW, 0)
  for (let slot = memory.rowsEnd() - 1; slot >= HEADER_ROWS; slot--) {
    const at = slot << ROW_SHIFT
    const flags = rows[at + FLAGS]
    const state = flags & STATE_MASK
    if (state === FREE) memory.giveRow(slot)
    const isOfTree = state === LIVE || state === EXITED || state === GHOST
    if (!isOfTree && state !== SERVICE_ROW) continue
    memory.link(at + FIRST_CHILD, 0)
    memory.link(at + LAST_CHILD, 0)
    if (isOfTree && (flags & KIND_MASK) !== VIRTUAL_ROOT) hanging.push(slot)
  }
  hanging.sort((one, other) => floats[(one << FLOAT_SHIFT) + ORDER] - floats[(other << FLOAT_SHIFT) + ORDER])
  for (const slot of hanging) append(memory, slot, rows[(slot << ROW_SHIFT) + PARENT])
}
