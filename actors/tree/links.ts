/**
 * The links of a tree: parent, and children in the order recorded. Who is whose parent is a fact; which sibling comes next follows from ORDER, and a successor finds it out again (relink.ts).
 */

import {
  DEPTH_MAX,
  DEPTH_SHIFT,
  FIRST_CHILD,
  FLAGS,
  FLOAT_SHIFT,
  L_ADOPTED,
  L_DEEPEST,
  LAST_CHILD,
  LIVE,
  NEXT,
  ORDER,
  PARENT,
  PREVIOUS,
  ROW_SHIFT,
  VIRTUAL_ROOT,
} from '../../protocol/lane/rows.js'
import type { Memory } from './memory.js'
import type { Grove } from './state.js'

/** Says which level is the deepest recorded: whoever is adopted is one below it. */
export function setDeepest(grove: Grove, service: number, depth: number): void {
  const { memory } = grove
  const limits = grove.limits(service)
  const adopted = memory.rows[limits + L_ADOPTED] << ROW_SHIFT
  memory.set(limits + L_DEEPEST, depth)
  memory.set(adopted + FLAGS, LIVE | VIRTUAL_ROOT | (Math.min(depth + 1, DEPTH_MAX) << DEPTH_SHIFT))
}

/** Hangs a fresh row below `parent` as its youngest child. Nobody reads its own links yet, so they need no undo. */
export function append(memory: Memory, slot: number, parent: number): void {
  const { rows } = memory
  const last = rows[(parent << ROW_SHIFT) + LAST_CHILD]
  rows[(slot << ROW_SHIFT) + PARENT] = parent
  rows[(slot << ROW_SHIFT) + PREVIOUS] = last
  rows[(slot << ROW_SHIFT) + NEXT] = 0
  memory.link(last === 0 ? (parent << ROW_SHIFT) + FIRST_CHILD : (last << ROW_SHIFT) + NEXT, slot)
  memory.link((parent << ROW_SHIFT) + LAST_CHILD, slot)
}

/** Hangs `slot` below `parent` at the place that its ORDER gives it. */
export function insert(memory: Memory, slot: number, parent: number): void {
  const { rows, floats } = memory
  const order = floats[(slot << FLOAT_SHIFT) + ORDER]
  let before = rows[(parent << ROW_SHIFT) + LAST_CHILD]
  while (before !== 0 && floats[(before << FLOAT_SHIFT) + ORDER] > order)
    before = rows[(before << ROW_SHIFT) + PREVIOUS]
  insertAfter(memory, slot, parent, before)
}

/** Takes `slot` away from its parent; its own children stay with it. */
export function detach(memory: Memory, slot: number): void {
  const { rows } = memory
  const at = slot << ROW_SHIFT
  const parent = rows[at + PARENT] << ROW_SHIFT
  const next = rows[at + NEXT]
  const previous = rows[at + PREVIOUS]
  if (previous === 0) memory.link(parent + FIRST_CHILD, next)
  else memory.link((previous << ROW_SHIFT) + NEXT, next)
  if (next === 0) memory.link(parent + LAST_CHILD, previous)
  else memory.link((next << ROW_SHIFT) + PREVIOUS, previous)
}

/** The row after `slot` in a walk of the subtree of `top`, parents before their children; 0 at the end. */
export function nextInPreOrder(memory: Memory, slot: number, top: number): number {
  const { rows } = memory
  const first = rows[(slot << ROW_SHIFT) + FIRST_CHILD]
  if (first !== 0) return first
  let at = slot
  while (at !== top) {
    const next = rows[(at << ROW_SHIFT) + NEXT]
    if (next !== 0) return next
    at = rows[(at << ROW_SHIFT) + PARENT]
  }
  return 0
}

function insertAfter(memory: Memory, slot: number, parent: number, before: number): void {
  const { rows } = memory
  const up = parent << ROW_SHIFT
  const at = slot << ROW_SHIFT
  const next = before === 0 ? rows[up + FIRST_CHILD] : rows[(before << ROW_SHIFT) + NEXT]
  memory.set(at + PARENT, parent)
  memory.link(at + PREVIOUS, before)
  memory.link(at + NEXT, next)
  if (before === 0) memory.link(up + FIRST_CHILD, slot)
  else memory.link((before << ROW_SHIFT) + NEXT, slot)
  if (next === 0) memory.link(up + LAST_CHILD, slot)
  else memory.link((next << ROW_SHIFT) + PREVIOUS, slot)
}
