/**
 * The pid table: one `Int32` per possible pid, shared by every thread. A cell is `living << 31 | lane << 27 | slot`;
 * 0 is nobody. The tree actor that owns a pid claims its cell with one compare-exchange; routers read it with one load.
 */

import { PID_MAX } from '../protocol/ids.js'

const LANE_SHIFT = 27
const SLOT_MASK = (1 << LANE_SHIFT) - 1

export class PidTable {
  readonly cells: Int32Array
  private readonly lanes: number

  /**
   * @param buffer `(PID_MAX + 1) * 4` bytes of zeros, or another table's memory
   * @param lanes how many hosts claim cells
   */
  constructor(buffer: ArrayBufferLike, lanes: number) {
    this.cells = new Int32Array(buffer)
    this.lanes = lanes
  }

  static bytes(): number {
    return (PID_MAX + 1) * Int32Array.BYTES_PER_ELEMENT
  }

  /** The cell of `pid`; 0 when nobody holds it. */
  read(pid: number): number {
    // An integer is never torn, and only `exchange` decides: `Atomics.load` is a call, 15 ns for the same answer.
    return this.cells[pid]
  }

  /** Puts `next` where `expected` was; false when another lane was quicker. */
  exchange(pid: number, expected: number, next: number): boolean {
    if (this.lanes > 1) return Atomics.compareExchange(this.cells, pid, expected, next) === expected
    // Nobody else writes: 25 ns less.
    if (this.cells[pid] !== expected) return false
    this.cells[pid] = next
    return true
  }
}

export function cell(lane: number, slot: number, living: boolean): number {
  return (living ? 1 << 31 : 0) | (lane << LANE_SHIFT) | slot
}

export function cellLane(value: number): number {
  return (value >>> LANE_SHIFT) & 15
}

export function cellSlot(value: number): number {
  return value & SLOT_MASK
}

export function cellLiving(value: number): boolean {
  return value < 0
}
