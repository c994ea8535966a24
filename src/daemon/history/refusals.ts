/** Refusals as they are remembered: the last ones of each service, and of a flood its first ones for longer. */

import type { RefusalReport } from '../../../protocol/wire/past.js'
import { chainOf, type Life } from './life.js'

/** Refusals kept of one service, each with its own figures. */
export const REFUSALS_KEPT = 1000

/** First refusals of a parent, code and second kept of one service beyond that. */
export const FLOODS_KEPT = 1000

/** One refusal as it happens; `life` is the parent's, null when it is not known. */
export type RefusalSeen = Omit<RefusalReport, 'chain' | 'alike'> & { readonly life: Life | null }

export interface Refusals {
  add(seen: RefusalSeen): void
  /** The refusal of that decision, if it is still known. */
  find(decisionId: string): RefusalReport | null
  /** True for a decision that was made and is remembered no more, or was no refusal. */
  hasExpired(decisionId: string): boolean
}

/** Refusals of one parent and code in one second. */
interface Flood {
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
export function createRefusals(): Refusals {
  const services = new Map<string, ServiceRefusals>()
  /** Largest count of each lane that was seen. */
  const latest = new Map<string, number>()

  return {
    add({ life, ...seen }) {
      const { service, refusal, parent, atMs } = seen
      const known = services.get(service) ?? { recent: new Map(), firsts: new Map(), open: new Map(), second: 0 }
      services.set(service, known)
      const second = Math.floor(atMs / 1000)
      if (second !== known.second || known.open.size >= FLOODS_KEPT) known.open.clear()
      known.second = second
      const key = `${refusal.code} ${parent.pid}`
      const opened = known.open.get(key)
      const flood = opened ?? { chain: life === null ? [] : chainOf(life), count: 0 }
      flood.count++
      const kept = { ...seen, flood }
      put(known.recent, refusal.decisionId, kept, REFUSALS_KEPT)
      if (opened === undefined) {
        known.open.set(key, flood)
        put(known.firsts, refusal.decisionId, kept, FLOODS_KEPT)
      }
      const { lane, count } = partsOf(refusal.decisionId)
      latest.set(lane, Math.max(latest.get(lane) ?? 0, count))
    },
    find(decisionId) {
      for (const { recent, firsts } of services.values()) {
        const kept = recent.get(decisionId) ?? firsts.get(decisionId)
        if (kept === undefined) continue
        const { flood, ...seen } = kept
        return { ...seen, chain: flood.chain, alike: flood.count }
      }
      return null
    },
    hasExpired(decisionId) {
      const { lane, count } = partsOf(decisionId)
      return count >= 1 && count <= (latest.get(lane) ?? 0)
    },
  }
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
