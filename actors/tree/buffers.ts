/** The shared memory of one host, as its parts: what a successor needs, and the supervisor holds. */

import { H_NEXT_LINE, H_NEXT_RING, H_NEXT_ROW, HEADER_ROWS, ROW_SHIFT } from '../../protocol/lane/rows.js'

/** Integers of text a row holds itself; the last links to a line when the text is longer. */
export const TEXT_INTS = 16
/** Integers of a line: 15 of text, 1 link. */
export const LINE_INTS = 16
export const LINE_LINK = 15
/** In the log: number of the operation that its entries belong to, modulo 2^32. */
export const LOG_OPERATION = 1

const SMALLEST_ROWS = 256
const SMALLEST_LINES = 16
const SMALLEST_RINGS = 1024
const SMALLEST_LOG = 4096

/** Everything a successor needs; all `Int32`, rows seen as `Float64` too. */
export interface Buffers {
  /** 128 bytes a row (protocol/lane/rows.ts). */
  readonly rows: SharedArrayBuffer
  /** 64 bytes beside each row. */
  readonly text: SharedArrayBuffer
  /** 64 bytes a line, for texts that are longer. */
  readonly lines: SharedArrayBuffer
  /** Rate logs, in blocks of the size they need. */
  readonly rings: SharedArrayBuffer
  /** The undo log (memory.ts). */
  readonly log: SharedArrayBuffer
}

/** Fresh memory of the smallest size. */
export function allocate(): Buffers {
  const rows = shared(SMALLEST_ROWS << ROW_SHIFT)
  const ints = new Int32Array(rows)
  ints[H_NEXT_ROW] = HEADER_ROWS
  ints[H_NEXT_LINE] = 1
  ints[H_NEXT_RING] = 1
  const log = shared(SMALLEST_LOG)
  new Int32Array(log)[LOG_OPERATION] = 1
  return {
    rows,
    text: shared(SMALLEST_ROWS * TEXT_INTS),
    lines: shared(SMALLEST_LINES * LINE_INTS),
    rings: shared(SMALLEST_RINGS),
    log,
  }
}

/** The same integers in shared memory of `length` integers. */
export function copied(from: Int32Array, length: number): Int32Array {
  const to = new Int32Array(shared(length))
  to.set(from)
  return to
}

function shared(ints: number): SharedArrayBuffer {
  return new SharedArrayBuffer(ints * Int32Array.BYTES_PER_ELEMENT)
}
