/** The chronicle: the latest events of all services in the order in which they were heard, for readers at their own pace. */

import { randomBytes } from 'node:crypto'
import type { EspalierEvent } from '../../../protocol/events.js'
import type { ChronicleEntry } from '../../../protocol/wire/chronicle.js'

/** Entries kept; past it the oldest goes. A reader that comes too late is told how many it missed. */
export const ENTRIES_KEPT = 65_536

export interface Chronicle {
  /** Which chronicle this is: 8 characters of a-z 0-9. */
  readonly name: string
  /** Place of the oldest entry that is kept. */
  readonly first: number
  /** Place of the latest entry; 0 before there is one. */
  readonly last: number
  append(event: EspalierEvent): void
  /** At most `most` entries from `place` on. */
  read(place: number, most: number): readonly ChronicleEntry[]
  /** Place of the first kept entry that was heard at `at` (Unix ms) or later; behind the last when there is none. */
  placeSince(at: number): number
  /** Resolves when there is an entry at `place` or behind it, when the signal aborts, or when the chronicle is closed. */
  grown(place: number, signal: AbortSignal): Promise<void>
  /** True: nothing will be appended any more. */
  readonly isClosed: boolean
  close(): void
}

/** An empty one. @param now gives Unix ms */
export function createChronicle(now: () => number): Chronicle {
  const ring: ChronicleEntry[] = []
  const sleepers = new Set<() => void>()
  let last = 0
  let isClosed = false
  const first = () => Math.max(1, last - ENTRIES_KEPT + 1)
  const entryAt = (place: number) => ring[place % ENTRIES_KEPT]
  const wake = () => {
    for (const sleeper of [...sleepers]) sleeper()
  }
  return {
    name: randomName(),
    get first() {
      return first()
    },
    get last() {
      return last
    },
    get isClosed() {
      return isClosed
    },
    append(event) {
      last++
      ring[last % ENTRIES_KEPT] = { place: last, at: now(), event }
      wake()
    },
    read(place, most) {
      const entries: ChronicleEntry[] = []
      for (let at = Math.max(place, first()); at <= last && entries.length < most; at++) entries.push(entryAt(at))
      return entries
    },
    placeSince(at) {
      // The clock of the wall may have been set back: the first that is late enough is the one that is asked for.
      let place = first()
      while (place <= last && entryAt(place).at < at) place++
      return place
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
