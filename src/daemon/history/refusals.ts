/** Refusals as they are remembered: the last ones of each service, and of a flood its first ones for longer. */

import type { RefusalReport } from '../../../protocol/wire/past.js'
import type { Journal } from './journal.js'
import { chainOf, type Life } from './life.js'

/** Refusals kept of one service, each with its own figures. */
export const REFUSALS_KEPT = 1000

/** First refusals of a parent, code and second kept of one service beyond that. */
export const FLOODS_KEPT = 1000

/** Refusals that a daemon may have told and not stored when it was killed. */
const UNSTORED_MAX = 1000

/** One refusal as it happens; `life` is the parent's, null when it is not known. */
export type RefusalSeen = Omit<RefusalReport, 'chain' | 'alike'> & { readonly life: Life | null }

export interface Refusals {
  /** Takes in what a daemon before this one has stored, oldest first: firsts of floods, then the last ones. */
  restore(floods: readonly RefusalReport[], recent: readonly RefusalReport[]): void
  add(seen: RefusalSeen): void
  /** The refusal of that decision, if it is still known. */
  find(decisionId: string): RefusalReport | null
  /** True for a decision that was made and is remembered no more, or was no refusal. */
  hasExpired(decisionId: string): boolean
  /** A count that no decision has yet, nor one that was told and not stored in time. */
  readonly nextCount: number
}

/** Refusals of one parent and code in one second. */
interface Flood {
  /** Null for one that a daemon before this one has told. */
  first: Kept | null
  readonly chain: RefusalReport['chain']
  count: number
}

type Kept = Omit<RefusalSeen, 'life'> & { readonly flood: Flood }

interface ServiceRefusals {
  readonly recent: Map<string, Kept>
  readonly firsts: Map<string, Kept>
  /** Floods of the second `second`, by parent and code. */
  readonly open: Map<string, Flood>
  second: number
}

/** None so far. */
export function createRefusals(journal: Journal): Refusals {
  const services = new Map<string, ServiceRefusals>()
  /** Largest count of each lane that was seen. */
  const latest = new Map<string, number>()

  const serviceOf = (service: string) => {
    const known = services.get(service) ?? { recent: new Map(), firsts: new Map(), open: new Map(), second: 0 }
    services.set(service, known)
    return known
  }
  const see = (decisionId: string) => {
    const { lane, count } = partsOf(decisionId)
    latest.set(lane, Math.max(latest.get(lane) ?? 0, count))
  }
  /** What is alone of its kind needs no word of its own. */
  const close = ({ open }: ServiceRefusals) => {
    for (const flood of open.values())
      if (flood.first !== null && flood.count > 1) journal.flooded(reportOf(flood.first))
    open.clear()
  }

  return {
    restore(floods, recent) {
      for (const report of floods) {
        const { chain, alike, ...seen } = report
        put(
          serviceOf(report.service).firsts,
          report.refusal.decisionId,
          { ...seen, flood: { first: null, chain, count: alike } },
          FLOODS_KEPT,
        )
        see(report.refusal.decisionId)
      }
      const known = new Map<string, Flood>()
      for (const { chain, alike, ...seen } of recent) {
        const key = `${seen.service} ${keyOf(seen)} ${secondOf(seen)}`
        const flood = known.get(key) ?? { first: null, chain, count: 0 }
        known.set(key, flood)
        flood.count = Math.max(flood.count, alike)
        put(serviceOf(seen.service).recent, seen.refusal.decisionId, { ...seen, flood }, REFUSALS_KEPT)
        see(seen.refusal.decisionId)
      }
    },
    add({ life, ...seen }) {
      const { service, refusal } = seen
      const known = serviceOf(service)
      const second = secondOf(seen)
      if (second !== known.second || known.open.size >= FLOODS_KEPT) close(known)
      known.second = second
      const key = keyOf(seen)
      const opened = known.open.get(key)
      const flood: Flood = opened ?? { first: null, chain: life === null ? [] : chainOf(life), count: 0 }
      flood.count++
      const kept = { ...seen, flood }
      put(known.recent, refusal.decisionId, kept, REFUSALS_KEPT)
      if (opened === undefined) {
        flood.first = kept
        known.open.set(key, flood)
        put(known.firsts, refusal.decisionId, kept, FLOODS_KEPT)
      }
      see(refusal.decisionId)
      journal.refused(reportOf(kept))
    },
    find(decisionId) {
      for (const { recent, firsts } of services.values()) {
        const kept = recent.get(decisionId) ?? firsts.get(decisionId)
        if (kept !== undefined) return reportOf(kept)
      }
      return null
    },
    hasExpired(decisionId) {
      const { lane, count } = partsOf(decisionId)
      return count >= 1 && count <= (latest.get(lane) ?? 0)
    },
    get nextCount() {
      return latest.size === 0 ? 0 : Math.max(...latest.values()) + UNSTORED_MAX
    },
  }
}

function reportOf({ flood, ...seen }: Kept): RefusalReport {
  return { ...seen, chain: flood.chain, alike: flood.count }
}

function keyOf({ refusal, parent }: Pick<RefusalReport, 'refusal' | 'parent'>): string {
  return `${refusal.code} ${parent.pid}`
}

function secondOf({ atMs }: Pick<RefusalReport, 'atMs'>): number {
  return Math.floor(atMs / 1000)
}

function put(map: Map<string, Kept>, id: string, kept: Kept, most: number): void {
  map.set(id, kept)
  if (map.size <= most) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}

/** The lane of a decision and its count there; a count of 0 for what is no decision. */
function partsOf(decisionId: string): { readonly lane: string; readonly count: number } {
  const parts = /^([a-z]|\d+)-(\d+)$/.exec(decisionId)
  return parts === null ? { lane: '', count: 0 } : { lane: parts[1], count: Number(parts[2]) }
}
