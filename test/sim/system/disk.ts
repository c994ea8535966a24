/**
 * The daemon's disk: a database of which each batch is done when the simulation lets it, and the ledger, a file whose last writes
 * a machine that goes down may tear.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EspalierError } from '../../../protocol/failures.js'
import { LEDGER_FILE, type openLevel } from '../../../src/store/level.js'
import { openStore } from '../../../src/store/open.js'
import { ResilientStore } from '../../../src/store/resilient.js'
import { scan } from '../../../src/store/scan.js'
import type { Store, StoredRecord } from '../../../src/store/store.js'
import type { Random } from './random.js'
import { Violation } from './violation.js'

type Operation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer }

interface Submitted {
  readonly operations: readonly Operation[]
  readonly isSynced: boolean
  readonly settle: (error: Error | null) => void
}

type Entries = Map<string, Buffer>

/** Bytes of a place of the ledger. */
const PLACE = 1024

/** Where there is one, a disk in memory: one of a run's files is the ledger, which is synced at each charge. */
const MEMORY_DISK = '/dev/shm'

let folder: string | null = null

/** One folder for the runs of this process, which come one after another: making and removing one took as long as half a run. */
function folderOfAll(): string {
  if (folder !== null) rmSync(join(folder, LEDGER_FILE), { force: true })
  // One in which a store was found damaged is left as it is.
  if (folder !== null && readdirSync(folder).length === 0) return folder
  const made = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), 'espalier-sim-'))
  process.once('exit', () => rmSync(made, { recursive: true, force: true, maxRetries: 20 }))
  folder = made
  return made
}

export interface DiskBugs {
  /** What it says to be on the disk is not. */
  readonly liesAboutSync?: boolean
}

export class SimulatedDisk {
  isFull = false
  private readonly folder = folderOfAll()
  private readonly random: Random
  private readonly bugs: DiskBugs
  private entries: Entries = new Map()
  private durable: Entries = new Map()
  /** Done and not on the disk, oldest first. */
  private unsynced: (readonly Operation[])[] = []
  private submitted: Submitted[] = []
  private ledgerBefore: Buffer = Buffer.alloc(0)
  private boots = 1
  private opened: Store | null = null
  /** Daemons that have died. */
  private lives = 0

  constructor(random: Random, bugs: DiskBugs) {
    this.random = random
    this.bugs = bugs
  }

  get hasWork(): boolean {
    return this.submitted.length > 0
  }

  /** The oldest batch is done; on a full disk it fails, and may be there all the same. */
  work(): void {
    const next = this.submitted.shift()
    if (next === undefined) return
    const isDone = !this.isFull || this.random.chance(30)
    if (isDone) this.apply(next)
    const error = Object.assign(new Error('No space left on device'), { code: 'LEVEL_IO_ERROR' })
    next.settle(this.isFull ? error : null)
  }

  /** The daemon has died: of what it had given to the system some is there. */
  cut(): void {
    const submitted = this.submitted.splice(0)
    for (const one of submitted.slice(0, this.random.below(3))) this.apply(one)
    // The system closes what was open: a process that plays many seeds would have no descriptors left.
    this.lives++
    void this.opened?.close()
    this.opened = null
    for (const { settle } of submitted)
      settle(Object.assign(new Error('the daemon has died'), { code: 'LEVEL_IO_ERROR' }))
    this.isFull = false
  }

  /** The machine goes down: what nobody waited for may be lost from some point on, and a place of the ledger be half written. */
  goDown(): void {
    this.cut()
    this.boots++
    this.entries = new Map(this.durable)
    for (const operations of this.unsynced.slice(0, this.random.below(this.unsynced.length + 1))) {
      applyTo(this.entries, operations)
    }
    this.unsynced = []
    this.durable = new Map(this.entries)
    this.tearLedger()
  }

  /** Opens the store as a daemon does. @throws {Violation} when it finds damage that nobody did */
  async open(
    say: (line: string) => void,
  ): Promise<{ readonly store: Store; readonly records: readonly StoredRecord[] }> {
    const openSimulated = (async () => {
      const level = this.level() as unknown as Awaited<ReturnType<typeof openLevel>>['level']
      return { level, scan: await scan(level) }
    }) as typeof openLevel
    const reopen = () => openStore(this.folder, `boot-${this.boots}`, openSimulated)
    const { lives } = this
    const { store, records, notes } = await reopen()
    // The daemon that opened it has died meanwhile.
    if (lives !== this.lives) throw new EspalierError('closed', 'the daemon has died')
    for (const note of notes) say(`store: ${note}`)
    const damage = notes.find(note => note.includes('damaged store') || note.startsWith('nothing is stored'))
    if (damage !== undefined) throw new Violation(`the store was damaged by nobody: ${notes.join('; ')}`)
    const resilient = new ResilientStore({ store, reopen: async () => (await reopen()).store, say })
    this.opened = resilient
    return { store: resilient, records }
  }

  private level() {
    return {
      batch: (operations: readonly Operation[], { sync }: { readonly sync: boolean }) =>
        new Promise<void>((resolve, reject) => {
          const settle = (error: Error | null) => (error === null ? resolve() : reject(error))
          this.submitted.push({ operations, isSynced: sync, settle })
        }),
      iterator: () => {
        const left = [...this.entries].sort(([a], [b]) => (a < b ? -1 : 1))
        return {
          nextv: async (most: number) =>
            left.splice(0, most).map(([key, value]) => [Buffer.from(key, 'latin1'), value]),
          close: async () => undefined,
        }
      },
      close: async () => undefined,
    }
  }

  private apply({ operations, isSynced }: Submitted): void {
    applyTo(this.entries, operations)
    this.unsynced.push(operations)
    if (!isSynced || this.bugs.liesAboutSync) return
    this.unsynced = []
    this.durable = new Map(this.entries)
    this.ledgerBefore = this.ledger()
  }

  private tearLedger(): void {
    const now = this.ledger()
    for (let at = 0; at < now.length; at += PLACE) {
      if (this.random.chance(70)) continue
      const half = at + this.random.below(PLACE)
      // What was not there before is zeros.
      now.fill(0, half, at + PLACE)
      if (half < this.ledgerBefore.length) this.ledgerBefore.copy(now, half, half, at + PLACE)
    }
    writeFileSync(join(this.folder, LEDGER_FILE), now)
    this.ledgerBefore = now
  }

  private ledger(): Buffer {
    try {
      return readFileSync(join(this.folder, LEDGER_FILE))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0)
      throw error
    }
  }
}

function applyTo(entries: Entries, operations: readonly Operation[]): void {
  for (const operation of operations) {
    const key = operation.key.toString('latin1')
    if (operation.type === 'del') entries.delete(key)
    else entries.set(key, operation.value)
  }
}
