/** Records in LevelDB: what is written while a batch is on its way goes with the next, so many share one wait for the disk. */

import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { Ledger, type LedgerContents } from './ledger.js'
import { decodeValue, encodeValue, keyOf } from './record.js'
import { type Scan, SUMS_KEY, scan } from './scan.js'
import { type Change, type RecordKind, type Store, type StoredRecord, StoreError } from './store.js'
import type { Step, Tally } from './tally.js'

/** Where the database lies in the folder of a store, and the ledger. */
export const LEVEL_FOLDER = 'level'
export const LEDGER_FILE = 'ledger'

type Level = ClassicLevel<Buffer, Buffer>

interface Waiting {
  readonly changes: readonly Change[]
  readonly isSynced: boolean
  readonly settle: (error: StoreError | null) => void
}

/** Opens the database of a folder that exists; makes it where there is none. Rejects with what LevelDB says. */
export async function openLevel(folder: string): Promise<{ readonly level: Level; readonly scan: Scan }> {
  const level: Level = new ClassicLevel(join(folder, LEVEL_FOLDER), {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    // So that the checksums of a table can be looked at without a decoder (tables.ts). What is kept is bounded anyway.
    compression: false,
  })
  await level.open()
  try {
    return { level, scan: await scan(level) }
  } catch (error) {
    await level.close()
    throw error
  }
}

export class LevelStore implements Store {
  readonly state = { place: 'disk', reason: null } as const
  readonly #level: Level
  readonly #tally: Tally
  readonly #ledger: Ledger
  readonly #boot: string
  #waiting: Waiting[] = []
  #committing: Promise<void> | null = null
  #closing: Promise<void> | null = null
  #synced: number
  /** Set once a batch has failed: nobody knows what of it is in the files, so they are to be opened anew. */
  #broken: StoreError | null = null

  /** @param boot id of this boot */
  constructor(folder: string, level: Level, tally: Tally, contents: LedgerContents, boot: string) {
    this.#level = level
    this.#tally = tally
    this.#ledger = new Ledger(join(folder, LEDGER_FILE), contents)
    this.#boot = boot
    this.#synced = contents.mark?.synced ?? 0
  }

  get batch(): number {
    return this.#tally.sums.batch
  }

  write(changes: readonly Change[], isSynced = false): Promise<void> {
    // One that waits for the disk says how far the store is, though it be empty.
    if (changes.length === 0 && !isSynced) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const settle = (error: StoreError | null) => (error === null ? resolve() : reject(error))
      this.#waiting.push({ changes, isSynced, settle })
      this.#committing ??= this.#commitAll()
    })
  }

  async *read(kind: RecordKind, service: string, from = 0, to = Number.MAX_SAFE_INTEGER): AsyncIterable<StoredRecord> {
    const bound = (number: number) => Buffer.from(keyOf({ kind, service, number }))
    for await (const [bytes, value] of this.#level.iterator({ gte: bound(from), lte: bound(to) })) {
      const key = bytes.toString('latin1')
      const decoded = decodeValue(key, value)
      if (decoded === null) throw new StoreError('damaged', `record ${key} is damaged`)
      yield { kind, service, number: Number(key.slice(key.lastIndexOf('!') + 1)), fields: decoded.fields }
    }
  }

  /** Once: the descriptor may be another's by the second time. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#committing
    this.#broken ??= new StoreError('failed', 'the store is closed')
    this.#ledger.close()
    await this.#level.close()
  }

  async #commitAll(): Promise<void> {
    // What is said in the same turn goes together.
    await null
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      const error = this.#broken ?? (await this.#commit(batch))
      for (const { settle } of batch) settle(error)
    }
    this.#committing = null
  }

  async #commit(batch: readonly Waiting[]): Promise<StoreError | null> {
    const { stamp, steps } = this.#tally.plan(batch.flatMap(({ changes }) => changes))
    const sync = batch.some(({ isSynced }) => isSynced)
    const sums = { key: SUMS_KEY, fields: { ...this.#tally.sums } }
    const operations = [...steps, sums].map(({ key, fields }) =>
      fields === null
        ? ({ type: 'del', key: Buffer.from(key) } as const)
        : ({ type: 'put', key: Buffer.from(key), value: encodeValue(key, stamp, fields) } as const),
    )
    try {
      await this.#level.batch(operations, { sync })
      if (sync) this.#synced = stamp
      this.#enterAll(steps, stamp)
      this.#ledger.mark({ batch: stamp, synced: this.#synced, boot: this.#boot })
      return null
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
      const message = `it cannot be written: ${error.message}`
      this.#broken = new StoreError('failed', message, { cause: error })
      return new StoreError('failed', message, { cause: error, batch: stamp })
    }
  }

  #enterAll(steps: readonly Step[], stamp: number): void {
    const services = steps.filter(({ place }) => place.kind === 'service')
    const latest = new Map(services.map(({ place, fields }) => [place.service, fields ?? {}]))
    for (const [service, fields] of latest) this.#ledger.put(service, stamp, fields)
  }
}
