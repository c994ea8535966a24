/** Removing records: a node, a subtree, and the dead rows that nothing hangs below any more. */

import {
  CHARGED,
  EXITED,
  FIRST_CHILD,
  FLAGS,
  FREE,
  GHOST,
  KIND_MASK,
  LIVE,
  NEXT,
  PARENT,
  PERIPHERAL,
  PID,
  RESERVED_SLOTS,
  ROW_SHIFT,
  SERVICE,
  STATE_MASK,
  TEXT_META,
} from '../../protocol/lane/rows.js'
import { uncount, unqueueExited } from './exit.js'
import { detach, nextInPreOrder } from './links.js'
import { rehang } from './react.js'
import { release as releaseRing } from './ring.js'
import type { Grove } from './state.js'
import { releaseTexts } from './texts.js'

/** Removes a node; its children attach to its parent. */
export function removeNode(grove: Grove, slot: number): void {
  const { rows } = grove.memory
  const parent = rows[(slot << ROW_SHIFT) + PARENT]
  let child = rows[(slot << ROW_SHIFT) + FIRST_CHILD]
  while (child !== 0) {
    const next = rows[(child << ROW_SHIFT) + NEXT]
    rehang(grove, child, slot, parent)
    child = next
  }
  drop(grove, slot, true)
}

/** Every row at and below `top`, parents before their children, siblings in the order recorded. */
export function subtree(grove: Grove, top: number): number[] {
  const slots: number[] = []
  for (let slot = top; slot !== 0; slot = nextInPreOrder(grove.memory, slot, top)) slots.push(slot)
  return slots
}

/** Removes the rows that `subtree` gave; untold when their whole service goes. */
export function removeRows(grove: Grove, slots: readonly number[], told = true): void {
  for (let i = slots.length - 1; i >= 0; i--) {
    const state = grove.memory.rows[(slots[i] << ROW_SHIFT) + FLAGS] & STATE_MASK
    // A ghost that hung on its last child has gone with it.
    if (state !== FREE) drop(grove, slots[i], told)
  }
}

/** Frees a ghost that nothing hangs below, and then perhaps the ghost above it. */
export function releaseIfEmpty(grove: Grove, slot: number): void {
  const { memory } = grove
  const at = slot << ROW_SHIFT
  if ((memory.rows[at + FLAGS] & STATE_MASK) !== GHOST) return
  if (memory.rows[at + FIRST_CHILD] !== 0 || memory.rows[at + RESERVED_SLOTS] !== 0) return
  memory.set(at + FLAGS, FREE)
  leave(grove, slot)
}

/** Takes a row that is FREE by its flags out of the tree and gives it back. */
export function leave(grove: Grove, slot: number): void {
  const { memory } = grove
  const parent = memory.rows[(slot << ROW_SHIFT) + PARENT]
  releaseRing(memory, slot)
  detach(memory, slot)
  memory.giveRow(slot)
  releaseIfEmpty(grove, parent)
}

/** Removes one row; it stays as a ghost while tickets, or ghosts with tickets, hang below it. */
function drop(grove: Grove, slot: number, told: boolean): void {
  const { memory } = grove
  const at = slot << ROW_SHIFT
  const service = memory.rows[at + SERVICE]
  const flags = memory.rows[at + FLAGS]
  const state = flags & STATE_MASK
  const node = grove.isNode(slot)
  if (told && node && state !== GHOST && grove.happens(service)) {
    grove.tell(service, 'child_removed', { child: grove.child(slot) })
  }
  if (state === LIVE && node) uncount(grove, slot, flags, true)
  if (state === EXITED && grove.tracked(service) && (flags & KIND_MASK) !== PERIPHERAL) {
    memory.add((memory.rows[at + PARENT] << ROW_SHIFT) + CHARGED, -1)
  }
  if (state !== GHOST) grove.vacate(memory.rows[at + PID], slot)
  retireRow(grove, slot)
}

/** A row that is no longer readable goes, or stays as a ghost while anything hangs below it. */
export function retireRow(grove: Grove, slot: number): void {
  const { memory } = grove
  const at = slot << ROW_SHIFT
  releaseTexts(memory, slot)
  const before = memory.rows[at + FLAGS]
  const stays = memory.rows[at + FIRST_CHILD] !== 0 || memory.rows[at + RESERVED_SLOTS] !== 0
  const flags = stays ? (before & ~STATE_MASK) | GHOST : FREE
  if ((before & STATE_MASK) === EXITED) unqueueExited(grove, slot, flags)
  else memory.set(at + FLAGS, flags)
  if (stays) memory.set(at + TEXT_META, 0)
  else leave(grove, slot)
}
