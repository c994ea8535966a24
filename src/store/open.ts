/** Opening a store: what is damaged in it is named and put aside, and what is whole goes on. */

import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { type LedgerContents, type Mark, readLedger } from './ledger.js'
import { LEDGER_FILE, LEVEL_FOLDER, LevelStore, openLevel } from './level.js'
import { createMemoryStore } from './memory.js'
import { type ScannedRecord, withoutHoles } from './scan.js'
import { type Change, type Store, type StoredRecord, StoreError } from './store.js'
import { damagedTables } from './tables.js'

/** Damaged databases that are kept aside; the oldest goes. */
const ASIDE_MAX = 3

/** Where a copy of a damaged database lies while it is read. */
const SALVAGE = 'salvage'

/** LevelDB's own, in its folder: locked as long as it is open. */
const LOCK_FILE = 'LOCK'

/** Of what LevelDB says of files: these are not as they were. All else is of the disk, or of our rights. */
const MISSING = /No such file|Is a directory|Not a directory|Invalid argument/

/** Where a database is written anew. */
const FRESH = 'fresh'

/** Records of one batch when a database is written anew. */
const BATCH_RECORDS = 1000

export interface OpenedStore {
  readonly store: Store
  /** All that is whole, a kind and service in the order of numbers. */
  readonly records: readonly StoredRecord[]
  /** What was not as it should be, and what became of it, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * Opens the store in a folder, which is made where it is not there. A disk that is full or cannot be written gives a store in
 * memory that says so, with what the disk still tells.
 * @param boot id of this boot
 * @param open opens its database: another one where a simulation has a disk of its own
 * @throws {StoreError} `newer`, `locked`
 */
export async function openStore(folder: string, boot: string, open = openLevel): Promise<OpenedStore> {
  const inMemory = (reason: string, contents: LedgerContents | null): OpenedStore => ({
    store: createMemoryStore(reason),
    records: contents === null ? [] : servicesOf([], contents),
    notes: [`nothing is stored: ${reason}`],
  })
  let contents: LedgerContents | null = null
  try {
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
    contents = readLedger(join(folder, LEDGER_FILE))
    probe(folder)
    return await openOnDisk(folder, boot, contents, open)
  } catch (error) {
    if (error instanceof StoreError && error.code !== 'failed') throw named(error, folder)
    if (error instanceof StoreError || (error instanceof Error && 'syscall' in error)) {
      return inMemory(`${JSON.stringify(folder)} cannot be used: ${error.message}`, contents)
    }
    throw error
  }
}

async function openOnDisk(
  folder: string,
  boot: string,
  contents: LedgerContents,
  open: typeof openLevel,
): Promise<OpenedStore> {
  finishReplacing(folder)
  const tables = damagedTables(join(folder, LEVEL_FOLDER))
  const opened = await orDamage(tables.length === 0 ? open(folder) : openWithout(folder, tables))
  const findings = tables.map(name => `the table ${name} is damaged`)
  findings.push(...(opened instanceof StoreError ? [opened.message] : opened.scan.findings))
  const scanned = opened instanceof StoreError ? [] : opened.scan.records
  const notes: string[] = []
  for (const at of contents.damaged) notes.push(`the ledger's place ${at} is damaged, and is written anew`)
  if (!(opened instanceof StoreError)) {
    const cut = cutShort(opened.scan.batch, contents.mark, boot)
    if (cut?.isDamage) findings.push(cut.says)
    else if (cut !== null) notes.push(cut.says)
  }
  const records = servicesOf(scanned, contents)
  if (opened instanceof StoreError || findings.length > 0) {
    if (!(opened instanceof StoreError)) await opened.level.close()
    const aside = await replace(folder, records, contents.mark?.batch ?? 0)
    notes.push(...findings, `the damaged store lies in ${JSON.stringify(aside)}; what is whole of it goes on`)
    const { level, scan } = await openLevel(folder)
    return { store: new LevelStore(folder, level, scan.tally, contents, boot), records, notes }
  }
  const store = new LevelStore(folder, opened.level, opened.scan.tally, contents, boot)
  // Where the two places of a service differ the later one holds, for both.
  const torn = records.filter(one => one.kind === 'service' && isTorn(one, scanned, contents))
  if (torn.length > 0) await writeAll(store, torn)
  return { store, records, notes }
}

/** Opens a copy that lacks these tables: with them LevelDB might end the process. */
async function openWithout(folder: string, tables: readonly string[]): ReturnType<typeof openLevel> {
  const salvage = join(folder, SALVAGE)
  rmSync(salvage, { recursive: true, force: true })
  const [from, to] = [join(folder, LEVEL_FOLDER), join(salvage, LEVEL_FOLDER)]
  mkdirSync(to, { recursive: true, mode: 0o700 })
  const left = new Set([...tables, LOCK_FILE])
  for (const name of readdirSync(from)) if (!left.has(name)) cpSync(join(from, name), join(to, name))
  await ClassicLevel.repair(to)
  // The same file: a daemon that has the store open holds it, and its tables may be unfinished, not damaged.
  rmSync(join(to, LOCK_FILE), { force: true })
  linkSync(join(from, LOCK_FILE), join(to, LOCK_FILE))
  return openLevel(salvage)
}

/** Writes a database of what is whole, puts it in the place of the damaged one, and says where that lies now. */
async function replace(folder: string, records: readonly StoredRecord[], batch: number): Promise<string> {
  const fresh = join(folder, FRESH)
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o700 })
  const { level, scan } = await openLevel(fresh)
  // Later than all that the ledger knows of.
  scan.tally.resume(batch)
  const store = new LevelStore(fresh, level, scan.tally, { mark: null, services: new Map(), damaged: [] }, '')
  await writeAll(store, withoutHoles(records))
  await store.close()
  const aside = putAside(folder)
  renameSync(join(fresh, LEVEL_FOLDER), join(folder, LEVEL_FOLDER))
  for (const done of [fresh, join(folder, SALVAGE)]) rmSync(done, { recursive: true, force: true })
  return aside
}

/** The damaged one is put aside only when the fresh one is complete: what then ended us is finished here. */
function finishReplacing(folder: string): void {
  const [level, fresh] = [join(folder, LEVEL_FOLDER), join(folder, FRESH, LEVEL_FOLDER)]
  if (!existsSync(level) && existsSync(fresh)) renameSync(fresh, level)
}

/** What was scanned, with each service's record from where it is later. */
function servicesOf(scanned: readonly ScannedRecord[], { services }: LedgerContents): readonly StoredRecord[] {
  const stamps = new Map(scanned.filter(({ kind }) => kind === 'service').map(one => [one.service, one.stamp]))
  const later = [...services].filter(([service, { stamp }]) => stamp > (stamps.get(service) ?? 0))
  const replaced = new Set(later.map(([service]) => service))
  return [
    ...scanned.filter(({ kind, service }) => kind !== 'service' || !replaced.has(service)),
    ...later.map(([service, { fields }]) => ({ kind: 'service', service, number: 0, fields }) as const),
  ]
}

function isTorn({ service }: StoredRecord, scanned: readonly ScannedRecord[], { services }: LedgerContents): boolean {
  const stored = scanned.find(one => one.kind === 'service' && one.service === service)
  return stored === undefined || stored.stamp !== services.get(service)?.stamp
}

/** What the mark knows of and the database does not. Within a boot nothing that was written can be gone. */
function cutShort(batch: number, mark: Mark | null, boot: string) {
  if (mark === null || batch >= mark.batch) return null
  const missing = `the last ${mark.batch - batch} batches are missing`
  if (mark.boot === boot || batch < mark.synced) return { isDamage: true, says: missing }
  return { isDamage: false, says: `${missing}: the machine went down before they were on the disk` }
}

/** A database that LevelDB will not open is damaged, but for one that somebody else has open, or a disk that does not serve. */
async function orDamage<T>(opening: Promise<T>): Promise<T | StoreError> {
  try {
    return await opening
  } catch (error) {
    if (error instanceof StoreError) throw error
    // What a file of it or a place for it was refused: it may be whole.
    if (!(error instanceof Error && 'code' in error) || 'syscall' in error) throw error
    const { cause = error } = error as { cause?: unknown }
    const message = cause instanceof Error ? cause.message : String(cause)
    if (cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED') {
      throw new StoreError('locked', `another daemon has it open (${message})`, { cause: error })
    }
    if (message.startsWith('IO error') && !MISSING.test(message))
      throw new StoreError('failed', message, { cause: error })
    return new StoreError('damaged', `it cannot be opened: ${message}`, { cause: error })
  }
}

/** Gives where it lies now. The ledger is copied: its whole places stay in use. */
function putAside(folder: string): string {
  const aside = (at: number) => join(folder, `damaged-${at}`)
  const numbers = readdirSync(folder)
    .map(name => Number(/^damaged-(\d+)$/.exec(name)?.[1] ?? 0))
    .filter(number => number > 0)
    .sort((a, b) => a - b)
  for (const old of numbers.slice(0, Math.max(0, numbers.length - ASIDE_MAX + 1))) {
    rmSync(aside(old), { recursive: true, force: true })
  }
  const place = aside((numbers.at(-1) ?? 0) + 1)
  mkdirSync(place, { mode: 0o700 })
  renameSync(join(folder, LEVEL_FOLDER), join(place, LEVEL_FOLDER))
  if (existsSync(join(folder, LEDGER_FILE))) cpSync(join(folder, LEDGER_FILE), join(place, LEDGER_FILE))
  return place
}

async function writeAll(store: Store, records: Iterable<StoredRecord>): Promise<void> {
  let batch: Change[] = []
  for (const record of records) {
    if (batch.push(record) < BATCH_RECORDS) continue
    await store.write(batch)
    batch = []
  }
  await store.write(batch, true)
}

/** Throws what the system says when nothing can be written here. */
function probe(folder: string): void {
  const file = join(folder, 'probe')
  writeFileSync(file, Buffer.alloc(4096), { mode: 0o600 })
  unlinkSync(file)
}

function named(error: StoreError, folder: string): StoreError {
  const way = error.code === 'newer' ? 'run that version' : 'stop the other daemon, or give each its own --runtime-dir'
  const message = `the store ${JSON.stringify(folder)}: ${error.message}; ${way}, or choose another place with --state-dir`
  return new StoreError(error.code, message, { cause: error })
}
