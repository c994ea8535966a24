/** Reading all that a database holds, and what is not as it was written. */

import type { ClassicLevel } from 'classic-level'
import { decodeValue, keyOf, readKey } from './record.js'
import { mostOf, type StoredFields, type StoredRecord, StoreError } from './store.js'
import { type Sums, Tally } from './tally.js'

/** Key of the sums of the last batch: before all others. */
export const SUMS_KEY = '!sums'

/** Records that are read at once, and their bytes. */
const READ = { records: 1000, bytes: 1 << 20 } as const

/** In the place of a record that was lost. */
const LOST: StoredFields = { lost: true }

/** Findings that are named one by one. */
const FINDINGS_MAX = 20

export interface ScannedRecord extends StoredRecord {
  readonly stamp: number
}

export interface Scan {
  readonly records: readonly ScannedRecord[]
  readonly tally: Tally
  /** Of the last batch that is there. */
  readonly batch: number
  /** What is not as it was written, a sentence each; empty: all is. */
  readonly findings: readonly string[]
}

/** @throws {StoreError} `newer` */
export async function scan(level: ClassicLevel<Buffer, Buffer>): Promise<Scan> {
  const tally = new Tally()
  const records: ScannedRecord[] = []
  const findings: string[] = []
  let sums: Sums | null = null
  const unread = await readAll(level, (bytes, value) => {
    const key = bytes.toString('latin1')
    const place = readKey(key)
    const decoded = place === null && key !== SUMS_KEY ? null : decodeValue(key, value)
    if (decoded === null) findings.push(`record ${JSON.stringify(key)} is damaged`)
    else if (place === null) sums = decoded.fields as unknown as Sums
    else {
      const hole = tally.found(place, decoded.stamp)
      if (hole !== null) findings.push(`${place.kind} ${hole.from} to ${hole.to} of ${place.service} are missing`)
      if (!('lost' in decoded.fields)) records.push({ ...place, ...decoded })
    }
  })
  if (unread !== null) findings.push(`the rest cannot be read: ${unread}`)
  const last = sums as Sums | null
  const batch = last?.batch ?? 0
  tally.resume(batch)
  const late = records.find(({ stamp }) => stamp > batch)
  if (late !== undefined) findings.push(`record ${keyOf(late)} is later than the last batch`)
  if (findings.length === 0 && !isAsSummed(tally.sums, last)) {
    findings.push('records are missing, or are older than they should be')
  }
  const more = findings.length - FINDINGS_MAX
  return {
    records,
    tally,
    batch,
    findings: more > 0 ? [...findings.slice(0, FINDINGS_MAX), `and ${more} more`] : findings,
  }
}

/** Null: no batch was ever written. A store from before there were sums of the first numbers has none of them. */
function isAsSummed({ lasts, firsts, stamps }: Sums, last: Sums | null): boolean {
  if (last === null) return lasts === 0 && stamps === 0
  return lasts === last.lasts && stamps === last.stamps && firsts === (last.firsts ?? firsts)
}

/** The same records, and in the place of each that is missing in a sequence one that says so: numbers stay without holes. */
export function* withoutHoles(records: readonly StoredRecord[]): Generator<StoredRecord> {
  let before: StoredRecord | null = null
  for (const record of records) {
    const { kind, service, number } = record
    if (before !== null && before.kind === kind && before.service === service && mostOf(kind) !== null) {
      for (let lost = before.number + 1; lost < number; lost++) yield { kind, service, number: lost, fields: LOST }
    }
    yield record
    before = record
  }
}

/** Gives what it could not read, or null. */
async function readAll(
  level: ClassicLevel<Buffer, Buffer>,
  hear: (key: Buffer, value: Buffer) => void,
): Promise<string | null> {
  const iterator = level.iterator({ highWaterMarkBytes: READ.bytes })
  try {
    for (;;) {
      const entries = await iterator.nextv(READ.records)
      if (entries.length === 0) return null
      for (const [key, value] of entries) hear(key, value)
    }
  } catch (error) {
    if (!(error instanceof StoreError) && error instanceof Error && 'code' in error) return error.message
    throw error
  } finally {
    await iterator.close()
  }
}
