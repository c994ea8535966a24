/**
 * The memory of one host: rows, texts, rate logs, and the undo log that makes every operation all or nothing.
 *
 * It is shared memory that the supervisor thread holds too, so it outlives the host. Each write of a row or a rate log
 * first puts the old value into the log; `commit` forgets the log with a single store. A successor that finds the log
 * not empty restores the old values, and the operation that was cut short never happened (docs/adr/0003).
 */

import { EspalierError } from '../../protocol/failures.js'
import {
  GENERATION,
  H_FREE_LINE,
  H_FREE_ROW,
  H_NEXT_LINE,
  H_NEXT_RING,
  H_NEXT_ROW,
  HEADER_ROWS,
  NEXT,
  ROW_FLOATS,
  ROW_INTS,
  ROWS_MAX,
} from '../../protocol/lane/rows.js'

/** Integers of text a row holds itself; the last links to a line when the text is longer. */
export const TEXT_INTS = 16
/** Integers of a line: 15 of text, 1 link. */
export const LINE_INTS = 16
export const LINE_LINK = 15

const LOG_HEADER = 1
// A row's index is below 2^28: the tags say which of the other two arrays an entry of the log belongs to.
const RING_TAG = 1 << 30
const LINE_TAG = 1 << 29
const SMALLEST_ROWS = 256
const SMALLEST_LINES = 16
const SMALLEST_RINGS = 1024
const SMALLEST_LOG = 4096

/** Everything a successor needs. */
export interface Buffers {
  readonly rows: SharedArrayBuffer
  readonly text: SharedArrayBuffer
  readonly lines: SharedArrayBuffer
  readonly rings: SharedArrayBuffer
  readonly log: SharedArrayBuffer
}

export class Memory {
  rows: Int32Array
  floats: Float64Array
  text: Int32Array
  lines: Int32Array
  rings: Int32Array
  private log: Int32Array
  private readonly onGrow: (buffers: Buffers) => void

  /** @param onGrow hears of new buffers before anything is written to them that the old ones lack. */
  constructor(buffers: Buffers, onGrow: (buffers: Buffers) => void) {
    this.rows = new Int32Array(buffers.rows)
    this.floats = new Float64Array(buffers.rows)
    this.text = new Int32Array(buffers.text)
    this.lines = new Int32Array(buffers.lines)
    this.rings = new Int32Array(buffers.rings)
    this.log = new Int32Array(buffers.log)
    this.onGrow = onGrow
  }

  /** Fresh memory of the smallest size. */
  static allocate(): Buffers {
    const rows = shared(SMALLEST_ROWS * ROW_INTS)
    const ints = new Int32Array(rows)
    ints[H_NEXT_ROW] = HEADER_ROWS
    ints[H_NEXT_LINE] = 1
    ints[H_NEXT_RING] = 1
    return {
      rows,
      text: shared(SMALLEST_ROWS * TEXT_INTS),
      lines: shared(SMALLEST_LINES * LINE_INTS),
      rings: shared(SMALLEST_RINGS),
      log: shared(SMALLEST_LOG),
    }
  }

  /** Writes an integer of a row; undone unless committed. */
  set(index: number, value: number): void {
    this.remember(index, this.rows[index])
    this.rows[index] = value
  }

  /** Adds to an integer of a row. */
  add(index: number, delta: number): void {
    const old = this.rows[index]
    this.remember(index, old)
    this.rows[index] = old + delta
  }

  /** Writes a float of a row (`index` in floats). */
  setFloat(index: number, value: number): void {
    const at = index * 2
    this.remember(at, this.rows[at])
    this.remember(at + 1, this.rows[at + 1])
    this.floats[index] = value
  }

  /** Writes an integer of a rate log. */
  setRing(index: number, value: number): void {
    this.remember(index | RING_TAG, this.rings[index])
    this.rings[index] = value
  }

  /** Ends an operation: from here it has happened. One store, so there is no half of it. */
  commit(): void {
    this.log[0] = 0
  }

  /** Takes back the operation under way; true if there was one. */
  rollBack(): boolean {
    const { log, rows, rings, lines } = this
    const count = log[0]
    for (let entry = count - 1; entry >= 0; entry--) {
      const index = log[LOG_HEADER + entry * 2]
      const old = log[LOG_HEADER + entry * 2 + 1]
      if (index & RING_TAG) rings[index & ~RING_TAG] = old
      else if (index & LINE_TAG) lines[index & ~LINE_TAG] = old
      else rows[index] = old
    }
    log[0] = 0
    return count > 0
  }

  /** Takes a free row. Its fields hold whatever was there before, but for GENERATION. */
  takeRow(): number {
    let slot = this.rows[H_FREE_ROW]
    if (slot !== 0) {
      this.set(H_FREE_ROW, this.rows[slot * ROW_INTS + NEXT])
    } else {
      slot = this.rows[H_NEXT_ROW]
      this.set(H_NEXT_ROW, slot + 1)
    }
    return slot
  }

  /** Gives a row back; the caller has written FREE to its flags. */
  giveRow(slot: number): void {
    this.set(slot * ROW_INTS + NEXT, this.rows[H_FREE_ROW])
    this.set(H_FREE_ROW, slot)
  }

  /** Takes a line for text that is longer than a row holds. */
  takeLine(): number {
    let line = this.rows[H_FREE_LINE]
    if (line !== 0) {
      this.set(H_FREE_LINE, this.lines[line * LINE_INTS + LINE_LINK])
    } else {
      line = this.rows[H_NEXT_LINE]
      this.set(H_NEXT_LINE, line + 1)
    }
    return line
  }

  /** Gives a line back. */
  giveLine(line: number): void {
    this.linkLine(line, this.rows[H_FREE_LINE])
    this.set(H_FREE_LINE, line)
  }

  /** Says which line follows; undone unless committed. */
  linkLine(line: number, next: number): void {
    const at = line * LINE_INTS + LINE_LINK
    this.remember(at | LINE_TAG, this.lines[at])
    this.lines[at] = next
  }

  /** Makes room, before an operation, for what any single one may take. */
  ensure(lines: number): void {
    const rows = this.rows
    // Three rows are the most that one operation takes: a service with its limits and its virtual root.
    if ((rows[H_NEXT_ROW] + 3) * ROW_INTS > rows.length) this.growRows()
    if ((rows[H_NEXT_LINE] + lines + 1) * LINE_INTS > this.lines.length) this.growLines(lines)
  }

  /** Makes room for a block of `words` integers behind the last rate log. */
  ensureRings(words: number): void {
    if (this.rows[H_NEXT_RING] + words <= this.rings.length) return
    let length = this.rings.length
    while (this.rows[H_NEXT_RING] + words > length) length *= 2
    this.rings = copied(this.rings, length)
    this.announce()
  }

  /** Slots that rows may have had so far: 4 up to this, exclusive. */
  rowsEnd(): number {
    return this.rows[H_NEXT_ROW]
  }

  generation(slot: number): number {
    return this.rows[slot * ROW_INTS + GENERATION]
  }

  buffers(): Buffers {
    return {
      rows: this.rows.buffer as SharedArrayBuffer,
      text: this.text.buffer as SharedArrayBuffer,
      lines: this.lines.buffer as SharedArrayBuffer,
      rings: this.rings.buffer as SharedArrayBuffer,
      log: this.log.buffer as SharedArrayBuffer,
    }
  }

  /** Called before every write; tests cut operations here. */
  protected remember(index: number, old: number): void {
    let log = this.log
    const count = log[0]
    const at = LOG_HEADER + count * 2
    if (at + 2 > log.length) {
      log = this.log = copied(log, log.length * 2)
      this.announce()
    }
    log[at] = index
    log[at + 1] = old
    log[0] = count + 1
  }

  private growRows(): void {
    const length = this.rows.length * 2
    if (length > ROWS_MAX * ROW_INTS) {
      throw new EspalierError('unavailable', `this host already holds ${ROWS_MAX} records, its most; remove some`)
    }
    this.rows = copied(this.rows, length)
    this.floats = new Float64Array(this.rows.buffer)
    this.text = copied(this.text, (length / ROW_INTS) * TEXT_INTS)
    this.announce()
  }

  private growLines(lines: number): void {
    let length = this.lines.length * 2
    while ((this.rows[H_NEXT_LINE] + lines + 1) * LINE_INTS > length) length *= 2
    this.lines = copied(this.lines, length)
    this.announce()
  }

  private announce(): void {
    this.onGrow(this.buffers())
  }
}

/** First float of a row. */
export function floatsOf(slot: number): number {
  return slot * ROW_FLOATS
}

function shared(ints: number): SharedArrayBuffer {
  return new SharedArrayBuffer(ints * Int32Array.BYTES_PER_ELEMENT)
}

function copied(from: Int32Array, length: number): Int32Array {
  const to = new Int32Array(shared(length))
  to.set(from)
  return to
}
