/** The shared memory of one host, as its parts: what a successor needs, and the supervisor holds. */

import { H_NEXT_LINE, H_NEXT_RING, H_NEXT_ROW, HEADER_ROWS, ROW_INTS, ROWS_MAX } from '../../protocol/lane/rows.js'

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
  /** 128 bytes a row (protocol/lane/rows.ts). Grows in place. */
  readonly rows: SharedArrayBuffer
  /** 64 bytes beside each row. Grows in place. */
  readonly text: SharedArrayBuffer
  /** 64 bytes a line, for texts that are longer. */
  readonly lines: SharedArrayBuffer
  /** Rate logs, in blocks of the size they need. */
  readonly rings: SharedArrayBuffer
  /** The undo log (memory.ts). */
  readonly log: SharedArrayBuffer
}

/**
 * Fresh memory of the smallest size. Rows can become `rowsMost`: that much address space is reserved, and what is used is
 * resident. Copies of a grown table would stay in a host that makes no garbage: 180 bytes a child of a million.
 */
export function allocate(rowsMost = ROWS_MAX): Buffers {
  const rows = growing(ROW_INTS, rowsMost)
  const ints = intsOf(rows)
  ints[H_NEXT_ROW] = HEADER_ROWS
  ints[H_NEXT_LINE] = 1
  ints[H_NEXT_RING] = 1
  const log = shared(SMALLEST_LOG)
  new Int32Array(log)[LOG_OPERATION] = 1
  return {
    rows,
    text: growing(TEXT_INTS, rowsMost),
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

/** Shared memory that grows in place: Node 20 has it, the types of ES2023 do not. */
interface Growing extends SharedArrayBuffer {
  grow(bytes: number): void
}
type MakeGrowing = new (bytes: number, options: { readonly maxByteLength: number }) => Growing

/** Makes room for `rows` rows, of `ints` integers each. What others see stays where it is. */
export function grow(buffer: SharedArrayBuffer, rows: number, ints: number): void {
  const growing = buffer as Growing
  growing.grow(rows * ints * Int32Array.BYTES_PER_ELEMENT)
}

/** The integers there are now. The length is said, for a view that follows its buffer is slower. */
export function intsOf(buffer: SharedArrayBuffer): Int32Array {
  return new Int32Array(buffer, 0, buffer.byteLength / Int32Array.BYTES_PER_ELEMENT)
}

/** The floats there are now. */
export function floatsIn(buffer: SharedArrayBuffer): Float64Array {
  return new Float64Array(buffer, 0, buffer.byteLength / Float64Array.BYTES_PER_ELEMENT)
}

function growing(ints: number, rowsMost: number): SharedArrayBuffer {
  const rowBytes = ints * Int32Array.BYTES_PER_ELEMENT
  const Growable = SharedArrayBuffer as unknown as MakeGrowing
  return new Growable(SMALLEST_ROWS * rowBytes, { maxByteLength: rowsMost * rowBytes })
}

function shared(ints: number): SharedArrayBuffer {
  return new SharedArrayBuffer(ints * Int32Array.BYTES_PER_ELEMENT)
}
