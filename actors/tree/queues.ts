/**
 * The two queues of a service: tickets in the order in which they expire, exited rows in the order in which they ended.
 *
 * The state of a row says in which it hangs, so changing the state and moving the row are one thing here, and undoing the
 * state undoes the move: a row that has left still knows its neighbours, so it goes back between them, in reverse order
 * (Knuth's dancing links). The links themselves are therefore not in the undo log.
 */

import {
  EXITED,
  FLAGS,
  QUEUE_NEXT,
  QUEUE_PREVIOUS,
  ROW_SHIFT,
  S_EXITED_HEAD,
  S_EXITED_TAIL,
  S_TICKET_HEAD,
  S_TICKET_TAIL,
  SERVICE,
  STATE_MASK,
  TICKET,
} from '../../protocol/lane/rows.js'
import type { Memory } from './memory.js'

/** The row becomes what `flags` say, and enters the queue with these ends (integers of row memory) behind `before`, 0 for the front. */
export function enter(memory: Memory, slot: number, flags: number, head: number, tail: number, before: number): void {
  const { rows } = memory
  const at = slot << ROW_SHIFT
  const next = before === 0 ? rows[head] : rows[(before << ROW_SHIFT) + QUEUE_NEXT]
  // Its own links come first: where a state says that a row hangs in a queue, they say between whom.
  rows[at + QUEUE_PREVIOUS] = before
  rows[at + QUEUE_NEXT] = next
  memory.set(at + FLAGS, flags)
  memory.link(before === 0 ? head : (before << ROW_SHIFT) + QUEUE_NEXT, slot)
  memory.link(next === 0 ? tail : (next << ROW_SHIFT) + QUEUE_PREVIOUS, slot)
}

/** The row becomes what `flags` say, and leaves the queue with these ends. */
export function quit(memory: Memory, slot: number, flags: number, head: number, tail: number): void {
  memory.set((slot << ROW_SHIFT) + FLAGS, flags)
  pass(memory, slot, head, tail)
}

/** Gives a row its old flags back, and its place in the queue of which they speak. Once or twice is the same. */
export function restore(memory: Memory, slot: number, flags: number): void {
  const { rows } = memory
  const at = slot << ROW_SHIFT
  const before = flags & STATE_MASK
  const after = rows[at + FLAGS] & STATE_MASK
  if (after !== before && isQueued(after)) pass(memory, slot, headOf(memory, slot, after), tailOf(memory, slot, after))
  rows[at + FLAGS] = flags
  if (after === before || !isQueued(before)) return
  const previous = rows[at + QUEUE_PREVIOUS]
  const next = rows[at + QUEUE_NEXT]
  memory.link(previous === 0 ? headOf(memory, slot, before) : (previous << ROW_SHIFT) + QUEUE_NEXT, slot)
  memory.link(next === 0 ? tailOf(memory, slot, before) : (next << ROW_SHIFT) + QUEUE_PREVIOUS, slot)
}

/** Its neighbours pass over it; its own links stay. */
function pass(memory: Memory, slot: number, head: number, tail: number): void {
  const { rows } = memory
  const previous = rows[(slot << ROW_SHIFT) + QUEUE_PREVIOUS]
  const next = rows[(slot << ROW_SHIFT) + QUEUE_NEXT]
  memory.link(previous === 0 ? head : (previous << ROW_SHIFT) + QUEUE_NEXT, next)
  memory.link(next === 0 ? tail : (next << ROW_SHIFT) + QUEUE_PREVIOUS, previous)
}

function isQueued(state: number): boolean {
  return state === TICKET || state === EXITED
}

function headOf({ rows }: Memory, slot: number, state: number): number {
  const service = rows[(slot << ROW_SHIFT) + SERVICE] << ROW_SHIFT
  return service + (state === TICKET ? S_TICKET_HEAD : S_EXITED_HEAD)
}

function tailOf({ rows }: Memory, slot: number, state: number): number {
  const service = rows[(slot << ROW_SHIFT) + SERVICE] << ROW_SHIFT
  return service + (state === TICKET ? S_TICKET_TAIL : S_EXITED_TAIL)
}
