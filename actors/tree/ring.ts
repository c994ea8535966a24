/**
 * The rate log: the stamps of the latest grants of one parent (or of a whole service), oldest first, in a ring.
 *
 * A grant at t counts until t + window, exactly; nothing is approximated. A stamp is 4 bytes, ms modulo 2^32; `sweep`
 * keeps every stamp younger than 2^31 ms. The block is given back with the node.
 */

import { H_FREE_RINGS, H_NEXT_RING, RING, RING_SHAPE, ROW_SHIFT } from '../../protocol/lane/rows.js'
import type { Memory } from './memory.js'

// RING_SHAPE: capacity | head << 8 | count << 16 up to capacity 255; else -1, and the block begins with the three.
/** How long to wait when the limit is 0. */
export const NEVER = 0x7fffffff

const SMALL_MAX = 255
const BIG = -1
const BIG_HEADER = 3
/** Blocks up to this many integers have a size class each, larger ones a class a power of two. */
const EXACT_MAX = 64

/** How the log of a row stands: read, never kept. */
interface Shape {
  base: number
  capacity: number
  head: number
  count: number
}
const shape: Shape = { base: 0, capacity: 0, head: 0, count: 0 }

/** When `limit` grants stand in the window: ms until one leaves it. 0 when another grant may pass. */
export function waitMs(memory: Memory, slot: number, limit: number, windowMs: number, nowStamp: number): number {
  if (limit === 0) return NEVER
  const { rows } = memory
  if (rows[(slot << ROW_SHIFT) + RING] === 0) return 0
  // Most parents are below their limit, which the row says itself.
  const packed = rows[(slot << ROW_SHIFT) + RING_SHAPE]
  if (packed !== BIG && packed >> 16 < limit) return 0
  load(memory, slot)
  if (shape.count < limit) return 0
  const age = ageOf(memory, shape.count - limit, nowStamp)
  return age < windowMs ? windowMs - age : 0
}

/** Grants that count at `nowMs`. */
export function countInWindow(memory: Memory, slot: number, windowMs: number, nowStamp: number): number {
  if (memory.rows[(slot << ROW_SHIFT) + RING] === 0) return 0
  load(memory, slot)
  let expired = 0
  while (expired < shape.count && ageOf(memory, expired, nowStamp) >= windowMs) expired++
  return shape.count - expired
}

/**
 * Writes a grant into the log. Past `limit` (records without a ticket) the oldest stamp gives way. Stamps that count no
 * longer stay until their place is needed, so that a grant looks at none of them.
 */
export function push(memory: Memory, slot: number, limit: number, windowMs: number, stamp: number): void {
  if (limit === 0) return
  if (memory.rows[(slot << ROW_SHIFT) + RING] === 0) create(memory, slot, Math.min(limit, 16))
  load(memory, slot)
  const wasFull = shape.count === shape.capacity
  if (wasFull && shape.capacity < limit) {
    dropExpired(memory, windowMs, stamp)
    const { head, count } = shape
    if (count === shape.capacity) enlarge(memory, slot, Math.min(limit, shape.capacity * 2), head, count)
  }
  if (shape.count >= limit || shape.count === shape.capacity) {
    shape.head = wrapped(shape.head + 1)
    shape.count--
  }
  const at = shape.base + wrapped(shape.head + shape.count)
  // Behind the youngest stamp stands nothing that counts, so it needs no undo; a full log has its oldest there.
  if (wasFull) memory.setRing(at, stamp)
  else memory.rings[at] = stamp
  shape.count++
  store(memory, slot)
}

/** Gives the log back. */
export function release(memory: Memory, slot: number): void {
  const at = slot << ROW_SHIFT
  const block = memory.rows[at + RING]
  if (block === 0) return
  load(memory, slot)
  giveBlock(memory, block, shape.base === block ? shape.capacity : shape.capacity + BIG_HEADER)
  memory.set(at + RING, 0)
}

/** Drops the stamps that no longer count; called for every row at least once in 2^30 ms. */
export function sweep(memory: Memory, slot: number, windowMs: number, nowStamp: number, all: boolean): void {
  if (memory.rows[(slot << ROW_SHIFT) + RING] === 0) return
  load(memory, slot)
  if (all) shape.count = 0
  else dropExpired(memory, windowMs, nowStamp)
  store(memory, slot)
}

function dropExpired(memory: Memory, windowMs: number, nowStamp: number): void {
  while (shape.count > 0 && ageOf(memory, 0, nowStamp) >= windowMs) {
    shape.head = wrapped(shape.head + 1)
    shape.count--
  }
}

function ageOf(memory: Memory, index: number, nowStamp: number): number {
  return (nowStamp - memory.rings[shape.base + wrapped(shape.head + index)]) | 0
}

function wrapped(index: number): number {
  return index >= shape.capacity ? index - shape.capacity : index
}

function load(memory: Memory, slot: number): void {
  const at = slot << ROW_SHIFT
  const block = memory.rows[at + RING]
  const packed = memory.rows[at + RING_SHAPE]
  if (packed === BIG) {
    shape.base = block + BIG_HEADER
    shape.capacity = memory.rings[block]
    shape.head = memory.rings[block + 1]
    shape.count = memory.rings[block + 2]
  } else {
    shape.base = block
    shape.capacity = packed & 255
    shape.head = (packed >> 8) & 255
    shape.count = packed >> 16
  }
}

function store(memory: Memory, slot: number): void {
  if (shape.capacity <= SMALL_MAX) {
    memory.set((slot << ROW_SHIFT) + RING_SHAPE, shape.capacity | (shape.head << 8) | (shape.count << 16))
    return
  }
  const block = shape.base - BIG_HEADER
  memory.setRing(block + 1, shape.head)
  memory.setRing(block + 2, shape.count)
}

function create(memory: Memory, slot: number, capacity: number): void {
  const small = capacity <= SMALL_MAX
  const block = takeBlock(memory, small ? capacity : capacity + BIG_HEADER)
  // The shape of a row without a log is not read.
  memory.rows[(slot << ROW_SHIFT) + RING_SHAPE] = small ? capacity : BIG
  memory.set((slot << ROW_SHIFT) + RING, block)
  if (small) return
  memory.setRing(block, capacity)
  memory.setRing(block + 1, 0)
  memory.setRing(block + 2, 0)
}

function enlarge(memory: Memory, slot: number, capacity: number, head: number, count: number): void {
  const stamps = new Int32Array(count)
  for (let i = 0; i < count; i++) stamps[i] = memory.rings[shape.base + wrapped(head + i)]
  release(memory, slot)
  create(memory, slot, capacity)
  load(memory, slot)
  for (let i = 0; i < count; i++) memory.setRing(shape.base + i, stamps[i])
  shape.head = 0
  shape.count = count
}

function takeBlock(memory: Memory, words: number): number {
  const { index, size } = classOf(words)
  const head = memory.rows[H_FREE_RINGS + index]
  if (head !== 0) {
    memory.set(H_FREE_RINGS + index, memory.rings[head])
    // A stamp, which needs no undo, comes where the link to the next free block stands, which does.
    memory.setRing(head, 0)
    return head
  }
  memory.ensureRings(size)
  const block = memory.rows[H_NEXT_RING]
  memory.set(H_NEXT_RING, block + size)
  return block
}

function giveBlock(memory: Memory, block: number, words: number): void {
  const { index } = classOf(words)
  memory.setRing(block, memory.rows[H_FREE_RINGS + index])
  memory.set(H_FREE_RINGS + index, block)
}

function classOf(words: number): { readonly index: number; readonly size: number } {
  if (words <= EXACT_MAX) return { index: words - 1, size: words }
  const exponent = 32 - Math.clz32(words - 1)
  return { index: EXACT_MAX + exponent - 7, size: 2 ** exponent }
}
