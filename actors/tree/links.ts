/** The links of a tree: parent, children in the order recorded, and the two queues of a service. */

import {
  FIRST_CHILD,
  LAST_CHILD,
  NEXT,
  ORDER,
  PARENT,
  PREVIOUS,
  QUEUE_NEXT,
  QUEUE_PREVIOUS,
  ROW_FLOATS,
  ROW_INTS,
} from '../../protocol/lane/rows.js'
import type { Memory } from './memory.js'

/** Hangs a fresh row below `parent` as its youngest child. Nobody reads its own links yet, so they need no undo. */
export function append(memory: Memory, slot: number, parent: number): void {
  const { rows } = memory
  const last = rows[parent * ROW_INTS + LAST_CHILD]
  rows[slot * ROW_INTS + PARENT] = parent
  rows[slot * ROW_INTS + PREVIOUS] = last
  rows[slot * ROW_INTS + NEXT] = 0
  memory.set(last === 0 ? parent * ROW_INTS + FIRST_CHILD : last * ROW_INTS + NEXT, slot)
  memory.set(parent * ROW_INTS + LAST_CHILD, slot)
}

/** Hangs `slot` below `parent` at the place that its ORDER gives it. */
export function insert(memory: Memory, slot: number, parent: number): void {
  const { rows, floats } = memory
  const order = floats[slot * ROW_FLOATS + ORDER]
  let before = rows[parent * ROW_INTS + LAST_CHILD]
  while (before !== 0 && floats[before * ROW_FLOATS + ORDER] > order) before = rows[before * ROW_INTS + PREVIOUS]
  insertAfter(memory, slot, parent, before)
}

/** Takes `slot` away from its parent; its own children stay with it. */
export function detach(memory: Memory, slot: number): void {
  const { rows } = memory
  const at = slot * ROW_INTS
  const parent = rows[at + PARENT] * ROW_INTS
  const next = rows[at + NEXT]
  const previous = rows[at + PREVIOUS]
  if (previous === 0) memory.set(parent + FIRST_CHILD, next)
  else memory.set(previous * ROW_INTS + NEXT, next)
  if (next === 0) memory.set(parent + LAST_CHILD, previous)
  else memory.set(next * ROW_INTS + PREVIOUS, previous)
}

/** The row after `slot` in a walk of the subtree of `top`, parents before their children; 0 at the end. */
export function nextInPreOrder(memory: Memory, slot: number, top: number): number {
  const { rows } = memory
  const first = rows[slot * ROW_INTS + FIRST_CHILD]
  if (first !== 0) return first
  let at = slot
  while (at !== top) {
    const next = rows[at * ROW_INTS + NEXT]
    if (next !== 0) return next
    at = rows[at * ROW_INTS + PARENT]
  }
  return 0
}

/** Puts `slot` at the end of the queue whose ends are the integers `head` and `tail` of row memory. */
export function enqueue(memory: Memory, slot: number, head: number, tail: number): void {
  enqueueAfter(memory, slot, head, tail, memory.rows[tail])
}

/** Puts `slot` behind `before` (0: at the front). */
export function enqueueAfter(memory: Memory, slot: number, head: number, tail: number, before: number): void {
  const { rows } = memory
  const next = before === 0 ? rows[head] : rows[before * ROW_INTS + QUEUE_NEXT]
  // Outside a queue nobody reads these two, so they need no undo.
  rows[slot * ROW_INTS + QUEUE_PREVIOUS] = before
  rows[slot * ROW_INTS + QUEUE_NEXT] = next
  if (before === 0) memory.set(head, slot)
  else memory.set(before * ROW_INTS + QUEUE_NEXT, slot)
  if (next === 0) memory.set(tail, slot)
  else memory.set(next * ROW_INTS + QUEUE_PREVIOUS, slot)
}

/** Takes `slot` out of its queue. */
export function dequeue(memory: Memory, slot: number, head: number, tail: number): void {
  const { rows } = memory
  const previous = rows[slot * ROW_INTS + QUEUE_PREVIOUS]
  const next = rows[slot * ROW_INTS + QUEUE_NEXT]
  if (previous === 0) memory.set(head, next)
  else memory.set(previous * ROW_INTS + QUEUE_NEXT, next)
  if (next === 0) memory.set(tail, previous)
  else memory.set(next * ROW_INTS + QUEUE_PREVIOUS, previous)
}

function insertAfter(memory: Memory, slot: number, parent: number, before: number): void {
  const { rows } = memory
  const up = parent * ROW_INTS
  const at = slot * ROW_INTS
  const next = before === 0 ? rows[up + FIRST_CHILD] : rows[before * ROW_INTS + NEXT]
  memory.set(at + PARENT, parent)
  memory.set(at + PREVIOUS, before)
  memory.set(at + NEXT, next)
  if (before === 0) memory.set(up + FIRST_CHILD, slot)
  else memory.set(before * ROW_INTS + NEXT, slot)
  if (next === 0) memory.set(up + LAST_CHILD, slot)
  else memory.set(next * ROW_INTS + PREVIOUS, slot)
}
