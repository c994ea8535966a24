/** A record as bytes: a key that says whose it is, and a value that says by a checksum that it is of this key, and whole. */

import { crc32 } from 'node:zlib'
import { isName } from '../../protocol/ids.js'
import { RECORD_KINDS, type RecordKind, type StoredFields, StoreError } from './store.js'

/** Version of the values, of the keys and of the ledger. */
export const STORE_VERSION = 1

/** Digits of a number in a key, so that keys are in the order of their numbers. */
const DIGITS = 16

/** Checksum (4 bytes), version (1), stamp (8); then JSON. */
const HEAD_BYTES = 13

/** Whose record it is. */
export interface RecordKey {
  readonly kind: RecordKind
  readonly service: string
  readonly number: number
}

/** `KIND!SERVICE!NUMBER`: no name has an exclamation mark. */
export function keyOf({ kind, service, number }: RecordKey): string {
  return `${kind}!${service}!${String(number).padStart(DIGITS, '0')}`
}

/** Null for what is no key of ours. */
export function readKey(key: string): RecordKey | null {
  const [kind, service, digits, ...more] = key.split('!')
  if (!isKind(kind) || !isName(service) || digits?.length !== DIGITS || more.length > 0 || !/^\d+$/.test(digits)) {
    return null
  }
  return { kind, service, number: Number(digits) }
}

/** @param stamp number of the batch that writes it */
export function encodeValue(key: string, stamp: number, fields: StoredFields, version = STORE_VERSION): Buffer {
  const text = JSON.stringify(fields)
  const value = Buffer.allocUnsafe(HEAD_BYTES + Buffer.byteLength(text))
  value.writeUInt8(version, 4)
  value.writeDoubleLE(stamp, 5)
  value.write(text, HEAD_BYTES)
  value.writeUInt32LE(checksum(key, value), 0)
  return value
}

/** Null for a damaged value. @throws {StoreError} `newer` */
export function decodeValue(
  key: string,
  value: Buffer,
): { readonly stamp: number; readonly fields: StoredFields } | null {
  if (value.length < HEAD_BYTES || value.readUInt32LE(0) !== checksum(key, value)) return null
  const version = value.readUInt8(4)
  if (version > STORE_VERSION) throw newer(version)
  return { stamp: value.readDoubleLE(5), fields: JSON.parse(value.toString('utf8', HEAD_BYTES)) as StoredFields }
}

function newer(version: number): StoreError {
  return new StoreError(
    'newer',
    `it was written by a later espalier (format ${version}, this one reads ${STORE_VERSION})`,
  )
}

/** Seeded with the key: a value that got under another key is damaged too. */
function checksum(key: string, value: Buffer): number {
  return crc32(value.subarray(4), crc32(key))
}

function isKind(text: string | undefined): text is RecordKind {
  return text !== undefined && Object.hasOwn(RECORD_KINDS, text)
}
