/** What SEMANTICS leaves open is not played: each rule says of one thing whether its outcome is settled. */

import { childrenOf, isLiving, type Knot, type OracleLimits, type Ticket } from '../oracle/books.js'
import type { Oracle } from '../oracle/oracle.js'

/** A service that keeps few exited nodes gets no children below exited ones: it may have forgotten them. */
export function mayHaveChild(parent: Knot): boolean {
  return isLiving(parent) || parent.service.limits.keepExited >= 100
}

/** Nor does a node of it end before its children. */
export function mayExit(knot: Knot): boolean {
  return knot.service.limits.keepExited >= 100 || knot.isRoot || childrenOf(knot).length === 0
}

/** A ticket of a removed parent is not recorded with; that of a dead root is, while it lives. */
export function mayRecord(oracle: Oracle, { parent, state }: Ticket): boolean {
  const isKnown = oracle.pids.get(parent.pid) === parent
  return (
    (isKnown && mayHaveChild(parent)) || (parent.isRoot && state === 'live' && parent.service.limits.keepExited >= 100)
  )
}

/** Whose parent is unknown by now would leave its children to nobody. */
export function mayBeRemoved(knot: Knot): boolean {
  return knot.parent === null || isLiving(knot.parent) || childrenOf(knot).length === 0
}

/**
 * The windows and the counting stay: what left an older window need not be known any more. So does the policy: whether
 * an end that the old one asked for is still an order under the new one is not told by the books.
 */
export function replaced(old: OracleLimits, next: OracleLimits): OracleLimits {
  const { depth, children, descendants, totalMemory, ttlMaxMs, ticketTtlMs } = next
  return { ...old, depth, children, descendants, totalMemory, ttlMaxMs, ticketTtlMs }
}
