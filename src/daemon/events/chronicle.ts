/** The chronicle: the latest events of all services in the order in which they were heard, for readers at their own pace. */

import { randomBytes } from 'node:crypto'
import type { EspalierEvent } from '../../../protocol/events.js'
import type { ChronicleEntry } from '../../../protocol/wire/chronicle.js'
import type { Store, StoredRecord } from '../../store/store.js'
import { readEntry, storeEntry } from './stored-entry.js'

/** Entries kept in memory; past it the oldest goes. A reader that comes too late is told how many it missed. */
export const ENTRIES_KEPT = 65_536

export interface Chronicle {
  /** Which chronicle this is: 8 characters of a-z 0-5. It lives as long as the store. */
  readonly name: string
  /** Place of the oldest entry that is kept; one more than `last` when there is none. */
  readonly first: number
  /** Place of the latest entry that may be told; 0 before there is one. */
  readonly last: number
  append(event: EspalierEvent): void
  /** At most `most` entries from `place` on that may be told. */
  read(place: number, most: number): readonly ChronicleEntry[]
  /** The kept entries of this daemon's own time, told or not, the latest first. */
  latestFirst(): Iterable<ChronicleEntry>
  /** Place of the first kept entry that was heard at `at` (Unix ms) or later; behind the last when there is none. */
  placeSince(at: number): number
  /** Resolves when there is an entry at `place` or behind it, when the signal aborts, or when the chronicle is closed. */
  grown(place: number, signal: AbortSignal): Promise<void>
  /** True: nothing will be appended any more. */
  readonly isClosed: boolean
  close(): void
}

export interface ChronicleOptions {
  /** Unix ms. */
  readonly now: () => number
  readonly store: Pick<Store, 'write'>
  /** What the store has of an earlier daemon, records of other kinds among it. */
  readonly records: readonly StoredRecord[]
}

/** Goes on where the store ends: with its name, its places, and the numbers of each service. */
export function createChronicle({ now, store, records }: ChronicleOptions): Chronicle {
  const before = records.filter(({ kind }) => kind === 'event').map(readEntry)
  before.sort((one, other) => one.entry.place - other.entry.place)
  const name = before.at(-1)?.chronicle ?? randomName()
  let kept = before.filter(({ chronicle }) => chronicle === name).map(({ entry }) => entry)
  /** What each service's numbers have come to; and what they had when the supervisor began to count from 1. */
  const counted = new Map(kept.map(({ event }) => [event.service, event.number]))
  const bases = new Map<string, number>()
  const sleepers = new Set<() => void>()
  let appended = kept.at(-1)?.place ?? 0
  const inherited = appended
  let last = appended
  let isClosed = false

  const wake = () => {
    for (const sleeper of [...sleepers]) sleeper()
  }
  /** Where in `kept` the entries from `place` on begin. Places may have holes: not every entry is stored. */
  const indexOf = (place: number) => {
    let low = 0
    let high = kept.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (kept[middle].place < place) low = middle + 1
      else high = middle
    }
    return low
  }
  const keep = (entry: ChronicleEntry) => {
    kept.push(entry)
    // In one go and seldom: each entry is moved once.
    if (kept.length >= 2 * ENTRIES_KEPT) kept = kept.slice(-ENTRIES_KEPT)
  }
  const numbered = (event: EspalierEvent): EspalierEvent => {
    const { service } = event
    const first = event.kind === 'events_lost' ? event.from : event.number
    if (first === 1) bases.set(service, counted.get(service) ?? 0)
    const base = bases.get(service) ?? 0
    counted.set(service, base + event.number)
    if (event.kind !== 'events_lost') return { ...event, number: base + event.number }
    return { ...event, number: base + event.number, from: base + event.from, to: base + event.to }
  }
  const tell = (place: number) => {
    last = place
    wake()
  }

  return {
    name,
    get first() {
      return kept.length === 0 ? last + 1 : kept[Math.max(0, kept.length - ENTRIES_KEPT)].place
    },
    get last() {
      return last
    },
    get isClosed() {
      return isClosed
    },
    append(event) {
      const entry: ChronicleEntry = { place: ++appended, at: now(), event: numbered(event) }
      keep(entry)
      // Told when it is stored: what a reader has seen no later daemon may say otherwise.
      const change = storeEntry(name, entry)
      if (change === null) return tell(entry.place)
      void store.write([change]).then(() => tell(entry.place))
    },
    read(place, most) {
      const from = indexOf(Math.max(place, this.first))
      return kept.slice(from, Math.min(from + most, indexOf(last + 1)))
    },
    *latestFirst() {
      for (let index = kept.length - 1; index >= 0 && kept[index].place > inherited; index--) yield kept[index]
    },
    placeSince(at) {
      // The clock of the wall may have been set back: the first that is late enough is the one that is asked for.
      const found = kept.find(entry => entry.at >= at)
      return found === undefined ? last + 1 : Math.max(found.place, this.first)
    },
    grown(place, signal) {
      return new Promise(settle => {
        const done = () => {
          sleepers.delete(done)
          signal.removeEventListener('abort', done)
          settle()
        }
        if (last >= place || isClosed || signal.aborted) return settle()
        sleepers.add(done)
        signal.addEventListener('abort', done)
      })
    },
    close() {
      isClosed = true
      wake()
    },
  }
}

const NAME_LENGTH = 8
const LETTERS = 'abcdefghijklmnopqrstuvwxyz012345'

function randomName(): string {
  return [...randomBytes(NAME_LENGTH)].map(byte => LETTERS[byte % LETTERS.length]).join('')
}
