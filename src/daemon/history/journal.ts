/** Writes down what the history takes in, so that the daemon that comes after this one remembers it. */

import type { RefusalReport } from '../../../protocol/wire/past.js'
import { type Change, RECORD_KINDS, type Store } from '../../store/store.js'
import type { EndedLife, Life } from './life.js'
import { storeLife } from './stored-life.js'

/** How long refusals are gathered before they are written, in ms: a flood then costs what its last ones cost. */
const REFUSALS_MS = 50

export interface Journal {
  /** A life that has begun, or in which something has changed. */
  lives(life: Life): void
  ended(life: EndedLife): void
  /** A life of which nothing is to be remembered any more. */
  forget(service: string, life: number): void
  /** So many of the oldest ends of a service are forgotten. */
  forgetEnds(service: string, count: number): void
  refused(refusal: RefusalReport): void
  /** The first of a flood that is over, with the count of all. */
  flooded(first: RefusalReport): void
  /** Resolves when everything but refusals that was said before is written, and survives the end of this process. */
  stored(): Promise<void>
  /** Writes what is still gathered. */
  flush(): Promise<void>
}

/** @param boot id of this boot */
export function createJournal(store: Store, boot: string): Journal {
  const gathered = new Map<string, Change[]>()
  let timer: NodeJS.Timeout | null = null
  let written: Promise<void> = Promise.resolve()

  const write = (...changes: readonly Change[]) => {
    written = store.write(changes)
  }
  const flush = () => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const changes = [...gathered.values()].flat()
    gathered.clear()
    if (changes.length > 0) write(...changes)
    return written
  }
  const gather = (kind: 'refusal' | 'flood', { service, ...fields }: RefusalReport) => {
    const waiting = gathered.get(`${kind}!${service}`) ?? []
    gathered.set(`${kind}!${service}`, waiting)
    waiting.push({ kind, service, fields: { ...fields } })
    // Older ones would be pushed out of the store by those that come after them.
    if (waiting.length > RECORD_KINDS[kind].most) waiting.shift()
    timer ??= setTimeout(flush, REFUSALS_MS).unref()
  }

  return {
    lives: life =>
      write({ kind: 'life', service: life.process.service, number: life.number, fields: storeLife(life, boot) }),
    ended(life) {
      const { service } = life.process
      const fields = storeLife(life, boot)
      write({ kind: 'life', service, number: life.number, fields: null }, { kind: 'end', service, fields })
    },
    forget: (service, number) => write({ kind: 'life', service, number, fields: null }),
    forgetEnds: (service, oldest) => write({ kind: 'end', service, oldest }),
    refused: refusal => gather('refusal', refusal),
    flooded: first => gather('flood', first),
    stored: () => written,
    flush,
  }
}
