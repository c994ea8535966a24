/**
 * A look ahead: reads what the exits of a frame will touch, so that the processor waits for many lines at once and not
 * for one after another. It decides nothing and writes nothing but its own list. With children that exit at random, a cycle
 * of authorize, record, exit and remove takes the driver 1.0 us instead of 1.7 at 100,000, and 1.1 instead of 2.1 at a
 * million (medians of three, Node 20). Parents are asked in no order that costs: reading their logs ahead gained nothing.
 */

import { OP } from '../../protocol/lane/operations.js'
import { NEXT, PARENT, PREVIOUS, ROW_SHIFT } from '../../protocol/lane/rows.js'
import { cellLane, cellSlot } from '../pids.js'
import { TEXT_INTS } from './buffers.js'
import type { Grove } from './state.js'

/** Exits looked at in one go. */
const MOST = 1024
/** Rows that a processor's own cache holds anyway: up to here a look ahead only costs. */
const CACHED_ROWS = 4096
/** From a row's first line to its second, in integers. */
const SECOND_LINE = 16

const slots = new Int32Array(MOST)

/** Reads ahead for `ints[0 .. length)`; gives a number that means nothing, for what nobody uses is not read. */
export function lookAhead(grove: Grove, ints: Int32Array, length: number): number {
  if (grove.memory.rowsEnd() < CACHED_ROWS) return 0
  const { rows, text } = grove.memory
  let count = 0
  for (let at = 0; at < length && count < MOST; at += ints[at] >>> 8) {
    if ((ints[at] & 255) !== OP.exit) continue
    const cell = grove.pids.read(ints[at + 2])
    if (cell !== 0 && cellLane(cell) === grove.lane) slots[count++] = cellSlot(cell)
  }
  let read = 0
  for (let i = 0; i < count; i++) read ^= rows[slots[i] << ROW_SHIFT] ^ rows[(slots[i] << ROW_SHIFT) + SECOND_LINE]
  for (let i = 0; i < count; i++) {
    const at = slots[i] << ROW_SHIFT
    read ^= rows[rows[at + NEXT] << ROW_SHIFT] ^ rows[rows[at + PREVIOUS] << ROW_SHIFT]
    read ^= rows[rows[at + PARENT] << ROW_SHIFT] ^ text[slots[i] * TEXT_INTS]
  }
  return read
}
