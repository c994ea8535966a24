/**
 * The memory of one host: rows, texts, rate logs, and the undo log that makes every operation all or nothing.
 *
 * It is shared memory that the supervisor thread holds too, so it outlives the host. Each write of a state or a rate log
 * first puts the old value into the log, which names the operation it belongs to; `commit` is the single store
 * that counts that operation as applied. A successor that finds the log of an operation not applied restores the old
 * values, and it never happened (docs/adr/0003). Three kinds of writes need no undo: fields of a row that nobody reads
 * yet, counters that a recount gives, and links that a successor makes anew.
 */

import { EspalierError } from '../../protocol/failures.js'
import {
  FLAGS,
  FLOAT_SHIFT,
  GENERATION,
  H_APPLIED,
  H_FREE_LINE,
  H_FREE_ROW,
  H_NEXT_LINE,
  H_NEXT_RING,
  H_NEXT_ROW,
  HEADER_ROWS,
  NEXT,
  ROW_INTS,
  ROW_SHIFT,
  ROWS_MAX,
} from '../../protocol/lane/rows.js'
import {
  type Buffers,
  copied,
  floatsIn,
  grow,
  intsOf,
  LINE_INTS,
  LINE_LINK,
  LOG_OPERATION,
  TEXT_INTS,
} from './buffers.js'
import { restore } from './queues.js'

// The log: where its entries end, number of their operation modulo 2^32, then pairs of index and old value.
const LOG_END = 0
const LOG_HEADER = 2
// A row's index is below 2^28: the tags say that an entry is of another array, or a float that was counted up.
const RING_TAG = 1 << 30
const LINE_TAG = 1 << 29
const UP_TAG = 1 << 28
const TAGS = RING_TAG | LINE_TAG | UP_TAG
export class Memory {
  rows: Int32Array
  floats: Float64Array
  text: Int32Array
  lines: Int32Array
  rings: Int32Array
  private log: Int32Array
  private readonly onGrow: (buffers: Buffers) => void

  /** @param onGrow hears of new buffers, in place of those that cannot grow, before anything is written to them alone. */
  constructor(buffers: Buffers, onGrow: (buffers: Buffers) => void) {
    this.rows = intsOf(buffers.rows)
    this.floats = floatsIn(buffers.rows)
    this.text = intsOf(buffers.text)
    this.lines = new Int32Array(buffers.lines)
    this.rings = new Int32Array(buffers.rings)
    this.log = new Int32Array(buffers.log)
    this.onGrow = onGrow
  }

  /** Writes an integer of a row; undone unless committed. */
  set(index: number, value: number): void {
    this.remember(index, this.rows[index])
    this.rows[index] = value
  }

  /** Writes a link that a successor makes anew (relink.ts): it needs no undo. */
  link(index: number, value: number): void {
    this.rows[index] = value
  }

  /** Adds to a counter that a recount gives (recount.ts): it needs no undo. */
  add(index: number, delta: number): void {
    this.rows[index] += delta
  }

  /** Adds to a sum that a recount gives (`index` in floats). */
  addFloat(index: number, delta: number): void {
    this.floats[index] += delta
  }

  /** Counts a float up by one, and gives it; undone unless committed. */
  countUp(index: number): number {
    const old = this.floats[index]
    // The low half is enough to undo it, in one entry where a float takes two.
    this.remember(index | UP_TAG, old | 0)
    this.floats[index] = old + 1
    return old + 1
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

  /** Ends an operation: from here it has happened, and is counted. One store, so there is no half of it. */
  commit(): void {
    const applied = this.floats[H_APPLIED] + 1
    this.floats[H_APPLIED] = applied
    this.follow(applied)
  }

  /** What was written so far stands, whatever becomes of the operation under way: a step of its own. */
  checkpoint(): void {
    this.log[LOG_END] = LOG_HEADER
  }

  /** Whether the operation under way has written anything since its last checkpoint. */
  get isTouched(): boolean {
    return this.log[LOG_END] > LOG_HEADER
  }

  /** Takes back the operation that a dead host had under way; true if there was one. Counters are left to a recount. */
  rollBack(): boolean {
    const { log, rows, rings, lines, floats } = this
    const applied = floats[H_APPLIED]
    const end = log[LOG_OPERATION] === ((applied + 1) | 0) ? log[LOG_END] : LOG_HEADER
    for (let entry = end - 2; entry >= LOG_HEADER; entry -= 2) {
      const tagged = log[entry]
      const old = log[entry + 1]
      const index = tagged & ~TAGS
      if (tagged & RING_TAG) rings[index] = old
      else if (tagged & LINE_TAG) lines[index] = old
      else if (tagged & UP_TAG) floats[index] -= ((floats[index] | 0) - old) | 0
      else if (isFlags(index)) restore(this, index >> ROW_SHIFT, old)
      else rows[index] = old
    }
    this.follow(applied)
    return end > LOG_HEADER
  }

  /** The row that `takeRow` would give. */
  get nextRow(): number {
    return this.rows[H_FREE_ROW] || this.rows[H_NEXT_ROW]
  }

  /** Takes a free row. Its fields hold whatever was there before; but for FLAGS, they may be written without undo. */
  takeRow(): number {
    const slot = this.rows[H_FREE_ROW]
    if (slot !== 0) {
      this.link(H_FREE_ROW, this.rows[(slot << ROW_SHIFT) + NEXT])
      return slot
    }
    const fresh = this.rows[H_NEXT_ROW]
    this.link(H_NEXT_ROW, fresh + 1)
    return fresh
  }

  /** Gives a row of a tree back; the caller has written FREE to its flags. */
  giveRow(slot: number): void {
    this.link((slot << ROW_SHIFT) + NEXT, this.rows[H_FREE_ROW])
    this.link(H_FREE_ROW, slot)
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

  /** Makes room, before an operation, for what it may take: `rows` rows, and `lines` lines of text. */
  ensure(rows: number, lines: number): void {
    if ((this.rows[H_NEXT_ROW] + rows) << ROW_SHIFT > this.rows.length) this.growRows(rows)
    if ((this.rows[H_NEXT_LINE] + lines + 1) * LINE_INTS > this.lines.length) this.growLines(lines)
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
    return this.rows[(slot << ROW_SHIFT) + GENERATION]
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
    if (this.log[LOG_END] + 2 > this.log.length) this.growLog()
    const { log } = this
    const at = log[LOG_END]
    log[at] = index
    log[at + 1] = old
    log[LOG_END] = at + 2
  }

  /** Empties the log for the operation after `applied`. */
  private follow(applied: number): void {
    // In this order: a log that is named for the next operation must not hold entries of the last.
    this.checkpoint()
    this.log[LOG_OPERATION] = (applied + 1) | 0
  }

  private growLog(): void {
    this.log = copied(this.log, this.log.length * 2)
    this.announce()
  }

  private growRows(more: number): void {
    let length = this.rows.length * 2
    while ((this.rows[H_NEXT_ROW] + more) << ROW_SHIFT > length) length *= 2
    if (length > ROWS_MAX << ROW_SHIFT) {
      throw new EspalierError('unavailable', `this host already holds ${ROWS_MAX} records, its most; remove some`)
    }
    const { rows, text } = this.buffers()
    // Text first: where a host dies between the two there is a row too few, never one without its text.
    grow(text, length / ROW_INTS, TEXT_INTS)
    grow(rows, length / ROW_INTS, ROW_INTS)
    this.rows = intsOf(rows)
    this.floats = floatsIn(rows)
    this.text = intsOf(text)
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

/** Whether an index is of the flags of a row, and not of the header. */
function isFlags(index: number): boolean {
  return (index & (ROW_INTS - 1)) === FLAGS && index >= HEADER_ROWS << ROW_SHIFT
}

/** First float of a row. */
export function floatsOf(slot: number): number {
  return slot << FLOAT_SHIFT
}
