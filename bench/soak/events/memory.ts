/** What a daemon remembers, fed by the events of a supervisor as `hearEvents` and the news feed it; and how much of it there is. */

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Child } from '../../../protocol/children.js'
import type { EspalierEvent } from '../../../protocol/events.js'
import { type Chronicle, createChronicle } from '../../../src/daemon/events/chronicle.js'
import { createHistory, type History } from '../../../src/daemon/history/history.js'
import { createJournal, type Journal } from '../../../src/daemon/history/journal.js'
import type { ManagedProcess } from '../../../src/daemon/process.js'
import { openStore } from '../../../src/store/open.js'
import { RECORD_KINDS, type RecordKind, type Store } from '../../../src/store/store.js'

const BOOT = 'boot'

export class DaemonMemory {
  readonly chronicle: Chronicle
  readonly history: History
  private readonly folder: string
  private readonly store: Store
  private readonly journal: Journal
  private readonly living = new Map<number, ManagedProcess>()
  heard = 0

  private constructor(folder: string, store: Store) {
    this.folder = folder
    this.store = store
    this.journal = createJournal(store, BOOT)
    this.chronicle = createChronicle({ now: Date.now, store, records: [] })
    this.history = createHistory({ now: Date.now, graceOf: () => 5000, journal: this.journal, boot: BOOT })
  }

  static async open(folder: string): Promise<DaemonMemory> {
    const { store } = await openStore(folder, BOOT)
    return new DaemonMemory(folder, store)
  }

  hear(event: EspalierEvent): void {
    this.heard++
    this.chronicle.append(event)
    const { service } = event
    if (event.kind === 'child_recorded') {
      const process = managed(service, event.child)
      this.living.set(process.pid, process)
      this.history.hear({ kind: 'started', process })
    } else if (event.kind === 'child_exited') {
      const process = this.living.get(event.child.pid)
      const exit = event.child.lastExit
      if (process === undefined || exit === null) return
      this.living.delete(process.pid)
      this.history.hear({ kind: 'exited', process, exit })
    } else if (event.kind === 'spawn_refused') {
      const { parentPid, childName, refusal } = event
      const asked = { service, parentPid, parentName: service, askerPid: parentPid }
      this.history.hear({ kind: 'refused', ...asked, childName, refusal })
    }
  }

  /** Resolves when all that was heard is stored. */
  async stored(): Promise<void> {
    await Promise.all([this.journal.flush(), this.store.write([], true)])
  }

  /** How many records of a kind the store has of a service. */
  async count(kind: RecordKind, service: string): Promise<number> {
    let records = 0
    for await (const _ of this.store.read(kind, service)) records++
    return records
  }

  /** Of all its files. */
  diskBytes(): number {
    const names = readdirSync(this.folder, { recursive: true, withFileTypes: true }).filter(one => one.isFile())
    // LevelDB may have put one away since.
    const sizes = names.map(one => statSync(join(one.path, one.name), { throwIfNoEntry: false })?.size ?? 0)
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  async close(): Promise<void> {
    await this.store.close()
  }
}

/** The most records that are kept of each sequence. */
export const SEQUENCES = Object.entries(RECORD_KINDS).flatMap(([kind, keeping]) =>
  keeping === 'slots' ? [] : [{ kind: kind as RecordKind, most: keeping.most }],
)

function managed(service: string, child: Child): ManagedProcess {
  const { name, pid, startTicks, parentPid, depth, command, startedAt, ttlMs } = child
  const who = { service, name, pid, startTicks, parentPid, depth, command, startedAt, ttlMs }
  return { ...who, state: 'running', cpuPercent: null, rssBytes: null, exited: new Promise(() => undefined) }
}
