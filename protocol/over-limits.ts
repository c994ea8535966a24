/** What stands above its limit, since the limit was lowered or nobody asked: nothing ends by it, and nothing more is granted. */

import { formatBytes } from './format.js'
import { LIMIT_KEYS, type Limits } from './limits.js'

/** One limit that more is used of than it allows. */
export interface OverLimit {
  readonly limit: 'depth' | 'children' | 'descendants' | 'totalMemory'
  readonly allowed: number
  readonly used: number
}

/** What a service uses now. */
export interface UsedFigures {
  /** Levels, the root counted; 0 when nothing lives. */
  readonly levels: number
  /** Living children of the process that has most. */
  readonly children: number
  /** Living ones and reservations. */
  readonly descendants: number
  /** Bytes. */
  readonly memoryUsed: number
}

/** The limits of a service that its figures are above, in a fixed order. */
export function overLimits(limits: Limits, used: UsedFigures): readonly OverLimit[] {
  const all: readonly (OverLimit | null)[] = [
    over('depth', limits.depth, used.levels),
    over('children', limits.children, used.children),
    over('descendants', limits.descendants, used.descendants),
    limits.totalMemory === null ? null : over('totalMemory', limits.totalMemory, used.memoryUsed),
  ]
  return all.filter(one => one !== null)
}

function over(limit: OverLimit['limit'], allowed: number, used: number): OverLimit | null {
  return used > allowed ? { limit, allowed, used } : null
}

/** `descendants 7/5 over its limit`; sizes with their unit. */
export function overText({ limit, allowed, used }: OverLimit): string {
  const figure = limit === 'totalMemory' ? formatBytes : String
  return `${LIMIT_KEYS[limit].yaml} ${figure(used)}/${figure(allowed)} over its limit`
}
