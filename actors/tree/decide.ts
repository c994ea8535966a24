/** May this parent spawn? Reads only: the same rows and the same stamp give the same answer. */

import {
  CHARGED,
  depthOf,
  EXITED,
  FLAGS,
  FLOAT_SHIFT,
  L_CHILDREN,
  L_CHOICES,
  L_DEPTH,
  L_DESCENDANTS,
  L_LIFETIME,
  L_RATE,
  L_RATE_WINDOW,
  L_SERVICE_RATE,
  L_SERVICE_RATE_WINDOW,
  L_TOTAL_MEMORY,
  L_TTL_MAX,
  RESERVED_SLOTS,
  ROW_SHIFT,
  S_CLOSING,
  S_LIFETIME,
  S_LIVE,
  S_MEMORY_USED,
  S_RECORDS,
  S_RESERVATIONS,
  SERVICE,
  STATE_MASK,
  TRACKED,
} from '../../protocol/lane/rows.js'
import type { RefusalCode } from '../../protocol/refusals.js'
import { countInWindow, NEVER, waitMs } from './ring.js'
import type { Grove } from './state.js'

/** Why not, with the figures. One object, overwritten by the next decision: read it at once. */
export interface Decision {
  code: RefusalCode
  /** NaN where the code has no figure. */
  limit: number
  current: number
  retryAfterMs: number
  windowMs: number
}

const decision: Decision = {
  code: 'no_tree',
  limit: Number.NaN,
  current: Number.NaN,
  retryAfterMs: Number.NaN,
  windowMs: 0,
}

/**
 * Decides on a spawn of the row `parent`, which speaks for itself; 0 is a pid that nobody tracks. Null is yes.
 * The order of the checks is the reference's, then ours (SEMANTICS, Operations).
 * @param ttlMs NaN when the child asks for none
 */
export function refuse(grove: Grove, parent: number, ttlMs: number): Decision | null {
  if (parent === 0) return no('no_tree', Number.NaN, Number.NaN)
  const { rows } = grove.memory
  const at = parent << ROW_SHIFT
  const service = rows[at + SERVICE]
  if (rows[(service << ROW_SHIFT) + FLAGS] & S_CLOSING) return no('shutting_down', Number.NaN, Number.NaN)
  const limits = grove.limits(service)
  const rate = overLog(grove, 'rate_limit', parent, rows[limits + L_RATE], rows[limits + L_RATE_WINDOW])
  if (rate !== null) return rate
  const tree = overTree(grove, service, depthOf(rows[at + FLAGS]) + 1)
  if (tree !== null) return tree
  const children = rows[at + CHARGED] + rows[at + RESERVED_SLOTS]
  const childLimit = rows[limits + L_CHILDREN]
  if (children >= childLimit) return no('child_limit', childLimit, children)
  if ((rows[at + FLAGS] & STATE_MASK) === EXITED && (rows[limits + L_CHOICES] & TRACKED) === 0) {
    return no('parent_exited', Number.NaN, Number.NaN)
  }
  return overOurs(grove, service, limits, ttlMs)
}

/** What depth, descendants or memory would refuse to a child at `depth`; null is nothing. */
export function overTree(grove: Grove, service: number, depth: number): Decision | null {
  const { rows, floats } = grove.memory
  const limits = grove.limits(service)
  const depthLimit = rows[limits + L_DEPTH]
  if (depth >= depthLimit) return no('depth_limit', depthLimit, depth)
  const tracked = (rows[limits + L_CHOICES] & TRACKED) !== 0
  const used = tracked ? floats[(service << FLOAT_SHIFT) + S_RECORDS] : rows[(service << ROW_SHIFT) + S_LIVE]
  const descendants = used + rows[(service << ROW_SHIFT) + S_RESERVATIONS]
  const descendantLimit = rows[limits + L_DESCENDANTS]
  if (descendants >= descendantLimit) return no('descendant_limit', descendantLimit, descendants)
  const quota = grove.largeLimit(service, L_TOTAL_MEMORY)
  const memory = floats[(service << FLOAT_SHIFT) + S_MEMORY_USED]
  return quota >= 0 && memory >= quota ? no('memory_quota', quota, memory) : null
}

function overOurs(grove: Grove, service: number, limits: number, ttlMs: number): Decision | null {
  const { rows, floats } = grove.memory
  const ttlMax = grove.largeLimit(service, L_TTL_MAX)
  if (ttlMax >= 0 && ttlMs > ttlMax) return no('ttl_limit', ttlMax, ttlMs)
  const rate = rows[limits + L_SERVICE_RATE]
  const over = overLog(grove, 'service_rate_limit', service, rate, rows[limits + L_SERVICE_RATE_WINDOW])
  if (over !== null) return over
  const lifetime = rows[limits + L_LIFETIME]
  const spent = floats[(service << FLOAT_SHIFT) + S_LIFETIME]
  return lifetime >= 0 && spent >= lifetime ? no('lifetime_limit', lifetime, spent) : null
}

/** `limit` -1: none. */
function overLog(grove: Grove, code: RefusalCode, slot: number, limit: number, windowMs: number): Decision | null {
  if (limit < 0) return null
  const wait = waitMs(grove.memory, slot, limit, windowMs, grove.checkStamp)
  if (wait === 0) return null
  no(code, limit, countInWindow(grove.memory, slot, windowMs, grove.checkStamp))
  decision.retryAfterMs = wait === NEVER ? Number.POSITIVE_INFINITY : wait
  decision.windowMs = windowMs
  return decision
}

function no(code: RefusalCode, limit: number, current: number): Decision {
  decision.code = code
  decision.limit = limit
  decision.current = current
  decision.retryAfterMs = Number.NaN
  decision.windowMs = 0
  return decision
}
