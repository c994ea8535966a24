/**
 * Whether the tables of a LevelDB are as they were written, by the checksums of their blocks. LevelDB reads them without
 * looking at those, and a bit that flipped may end the process: so they are looked at before it is opened.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** At the end of a table: where two blocks lie (their indexes), and what it is. */
const FOOTER_BYTES = 48
const MAGIC = Buffer.from('57fb808b247547db', 'hex')

/** Behind each block: how it is compressed, which ours are not, and its checksum. */
const TRAILER_BYTES = 5
const PLAIN = 0

/** What LevelDB adds to a checksum that it stores. */
const MASK_DELTA = 0xa282ead8

/** CRC-32C, by byte. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** The names of those that are not. None where there is no such folder. Throws what the system says of a file. */
export function damagedTables(folder: string): readonly string[] {
  return tablesOf(folder).filter(name => !isWholeTable(readFileSync(join(folder, name))))
}

/** Whether every block of a table is as it was written. */
export function isWholeTable(table: Buffer): boolean {
  const footer = table.subarray(Math.max(0, table.length - FOOTER_BYTES))
  if (footer.length < FOOTER_BYTES || !footer.subarray(-MAGIC.length).equals(MAGIC)) return false
  const numbers = new Reader(footer)
  const indexes = [numbers.handle(), numbers.handle()].map(handle => readBlock(table, handle))
  return indexes.every(index => index !== null && handlesIn(index)?.every(handle => hasChecksum(table, handle)))
}

function tablesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter(name => /^\d+\.(ldb|sst)$/.test(name))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** Where a block lies; null for what is no such thing. */
type Handle = { readonly offset: number; readonly size: number } | null

function hasChecksum(table: Buffer, handle: Handle): boolean {
  if (handle === null) return false
  const end = handle.offset + handle.size
  if (end + TRAILER_BYTES > table.length) return false
  return table.readUInt32LE(end + 1) === masked(crc32c(table.subarray(handle.offset, end + 1)))
}

function readBlock(table: Buffer, handle: Handle): Buffer | null {
  if (handle === null || !hasChecksum(table, handle)) return null
  const end = handle.offset + handle.size
  return table[end] === PLAIN ? table.subarray(handle.offset, end) : null
}

/** The values of an index: where the blocks lie that it tells of. Its keys share their beginnings, and are passed over. */
function handlesIn(index: Buffer): readonly Handle[] | null {
  if (index.length < 4) return null
  const end = index.length - 4 - 4 * index.readUInt32LE(index.length - 4)
  if (end < 0) return null
  const reader = new Reader(index.subarray(0, end))
  const handles: Handle[] = []
  while (!reader.isAtEnd) {
    const [shared, own, length] = [reader.number(), reader.number(), reader.number()]
    if (shared === null || own === null || length === null) return null
    reader.skip(own)
    const before = reader.at
    handles.push(reader.handle())
    if (reader.at !== before + length) return null
  }
  return handles
}

/** Numbers of seven bits a byte, the lowest first. */
class Reader {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length
  }

  skip(count: number): void {
    this.at += count
  }

  /** Null for what is too large, or has no end. */
  number(): number | null {
    let value = 0
    for (let factor = 1; factor <= Number.MAX_SAFE_INTEGER && this.at < this.#bytes.length; factor *= 128) {
      const byte = this.#bytes[this.at++]
      value += (byte & 127) * factor
      if (byte < 128) return Number.isSafeInteger(value) ? value : null
    }
    return null
  }

  handle(): Handle {
    const [offset, size] = [this.number(), this.number()]
    return offset === null || size === null ? null : { offset, size }
  }
}

function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff
  for (let at = 0; at < bytes.length; at++) crc = CRC_TABLE[(crc ^ bytes[at]) & 255] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0
}
