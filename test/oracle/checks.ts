/** The checks of `authorizeSpawn` and `canSpawn`, in order, each as one line of SEMANTICS says it. */

import type { RefusalCode } from '../../protocol/refusals.js'
import {
  childrenCounted,
  descendantsCounted,
  isLiving,
  type Knot,
  memoryUsed,
  type Service,
  withinWindow,
} from './books.js'

/** A refusal as the oracle foretells it; the message and the id of the decision are not compared. */
export interface Foretold {
  readonly ok: false
  readonly code: RefusalCode
  readonly limit: number | null
  readonly current: number | null
  readonly retryAfterMs: number | null
}

/** The first check that fails for a spawn by `parent`, or null. */
export function firstRefusal(parent: Knot, ttlMs: number | null, nowMs: number): Foretold | null {
  const { service } = parent
  const { limits } = service
  return (
    rateRefusal('rate_limit', limits.rate, parent.grants, nowMs) ??
    treeRefusal(service, parent.depth + 1) ??
    atLimit('child_limit', limits.children, childrenCounted(parent)) ??
    exitedRefusal(parent) ??
    ttlRefusal(limits.ttlMaxMs, ttlMs) ??
    rateRefusal('service_rate_limit', limits.serviceRate, service.grants, nowMs) ??
    atLimit('lifetime_limit', limits.lifetime, service.grantsEver)
  )
}

/** What depth, descendants or memory would refuse to a child of this depth. */
export function treeRefusal(service: Service, depth: number): Foretold | null {
  const { limits } = service
  return (
    atLimit('depth_limit', limits.depth, depth) ??
    atLimit('descendant_limit', limits.descendants, descendantsCounted(service)) ??
    atLimit('memory_quota', limits.totalMemory, memoryUsed(service))
  )
}

export function refuse(
  code: RefusalCode,
  limit: number | null = null,
  current: number | null = null,
  retryAfterMs: number | null = null,
): Foretold {
  // A rate log keeps the stamps that decide: past the limit it does not count how far past.
  const known = code.endsWith('rate_limit') && limit !== null && current !== null ? Math.min(limit, current) : current
  return { ok: false, code, limit, current: known, retryAfterMs }
}

function atLimit(code: RefusalCode, limit: number | null, current: number): Foretold | null {
  return limit !== null && current >= limit ? refuse(code, limit, current) : null
}

function rateRefusal(
  code: RefusalCode,
  rate: { readonly limit: number; readonly windowMs: number } | null,
  grants: readonly number[],
  nowMs: number,
): Foretold | null {
  if (rate === null) return null
  const counting = withinWindow(grants, rate.windowMs, nowMs)
  if (counting.length < rate.limit) return null
  // Enough of the oldest must leave for one to fit below the limit.
  const lastToLeave = counting[counting.length - rate.limit]
  return refuse(code, rate.limit, counting.length, lastToLeave + rate.windowMs - nowMs)
}

function exitedRefusal(parent: Knot): Foretold | null {
  return !isLiving(parent) && parent.service.limits.counting === 'live' ? refuse('parent_exited') : null
}

function ttlRefusal(ttlMaxMs: number | null, ttlMs: number | null): Foretold | null {
  return ttlMaxMs !== null && ttlMs !== null && ttlMs > ttlMaxMs ? refuse('ttl_limit', ttlMaxMs, ttlMs) : null
}
