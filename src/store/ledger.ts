/**
 * The second place of what must not be lost: a file with a place of its own for each service, written over where it stands;
 * and how far the store was written, which a store that was cut short cannot say.
 */

import { closeSync, constants, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { decodeValue, encodeValue } from './record.js'
import type { StoredFields } from './store.js'

/** Bytes of a place: the first is the mark, each other one a service's. */
const PLACE_BYTES = 1024

/** Length of the value, before it. */
const LENGTH_BYTES = 4

/** Services that have a place; more are in the store alone. */
const SERVICES_MAX = 4096

/** How far the store was written. */
export interface Mark {
  readonly batch: number
  /** Last batch that waited for the disk. */
  readonly synced: number
  /** Boot in which that was. */
  readonly boot: string
}

/** What a service's place holds, with the number of the batch that it came with. */
export interface LedgerEntry {
  /** Which place. */
  readonly at: number
  readonly stamp: number
  readonly fields: StoredFields
}

export interface LedgerContents {
  /** Null where there is none, or a damaged one. */
  readonly mark: Mark | null
  readonly services: ReadonlyMap<string, LedgerEntry>
  /** Places that are damaged, 0 for the mark. */
  readonly damaged: readonly number[]
}

const MARK_KEY = 'mark'

/** What a ledger holds; nothing where there is none. @throws {StoreError} `newer` */
export function readLedger(file: string): LedgerContents {
  const bytes = readBytes(file)
  const services = new Map<string, LedgerEntry>()
  const damaged: number[] = []
  let mark: Mark | null = null
  for (let at = 0; at * PLACE_BYTES < bytes.length; at++) {
    const place = bytes.subarray(at * PLACE_BYTES, (at + 1) * PLACE_BYTES)
    if (place.every(byte => byte === 0)) continue
    const length = place.length < LENGTH_BYTES ? 0 : place.readUInt32LE(0)
    const key = at === 0 ? MARK_KEY : `service ${at}`
    const value = decodeValue(key, place.subarray(LENGTH_BYTES, LENGTH_BYTES + length))
    if (value === null) damaged.push(at)
    else if (at === 0) mark = value.fields as unknown as Mark
    else {
      const { service, fields } = value.fields
      services.set(String(service), { at, stamp: value.stamp, fields: fields as StoredFields })
    }
  }
  return { mark, services, damaged }
}

export class Ledger {
  readonly #fd: number
  readonly #places = new Map<string, number>()
  #next: number

  /** Opens the file whose contents were read; makes it where there is none. Throws what the system says of it. */
  constructor(file: string, contents: LedgerContents) {
    for (const [service, { at }] of contents.services) this.#places.set(service, at)
    this.#next = Math.max(0, ...this.#places.values(), ...contents.damaged) + 1
    this.#fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600)
    // Whose they were nobody knows; who had one gets another.
    for (const at of contents.damaged) writeSync(this.#fd, Buffer.alloc(PLACE_BYTES), 0, PLACE_BYTES, at * PLACE_BYTES)
  }

  /** False when it does not fit, or there is no place left: then the store alone has it. */
  put(service: string, stamp: number, fields: StoredFields): boolean {
    const known = this.#places.get(service)
    const at = known ?? this.#next
    if (at > SERVICES_MAX) return false
    if (!this.#write(at, encodeValue(`service ${at}`, stamp, { service, fields }))) return false
    if (known === undefined) this.#places.set(service, this.#next++)
    return true
  }

  mark(mark: Mark): void {
    this.#write(0, encodeValue(MARK_KEY, mark.batch, { ...mark }))
  }

  /** Waits for the disk. */
  sync(): void {
    fdatasyncSync(this.#fd)
  }

  close(): void {
    closeSync(this.#fd)
  }

  #write(at: number, value: Buffer): boolean {
    if (value.length + LENGTH_BYTES > PLACE_BYTES) return false
    const place = Buffer.alloc(PLACE_BYTES)
    place.writeUInt32LE(value.length, 0)
    value.copy(place, LENGTH_BYTES)
    return writeSync(this.#fd, place, 0, PLACE_BYTES, at * PLACE_BYTES) === PLACE_BYTES
  }
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
