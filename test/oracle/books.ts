/** What the oracle knows: plain objects, every figure recounted from them each time it is asked for. */

import type { Limits } from '../../protocol/limits.js'

/** The limits that decide an answer. */
export type OracleLimits = Pick<
  Limits,
  | 'depth'
  | 'children'
  | 'descendants'
  | 'totalMemory'
  | 'terminationPolicy'
  | 'rate'
  | 'serviceRate'
  | 'lifetime'
  | 'ttlMaxMs'
  | 'keepExited'
  | 'ticketTtlMs'
  | 'counting'
>

/** How a process ended, less its time. */
export interface Ending {
  readonly exitCode: number | null
  readonly signal: number | null
  readonly reason: string
}

/** A root, a recorded process, or the virtual root of a service (pid 0). */
export interface Knot {
  readonly pid: number
  readonly service: Service
  readonly isRoot: boolean
  readonly depth: number
  readonly name: string
  /** What `parentPid` says; the same as `parent.pid` but for a child recorded by a hint. */
  parentPid: number
  parent: Knot | null
  cpuPercent: number | null
  rssBytes: number | null
  ending: Ending | null
  /** Counts exits, so that the oldest can leave first. */
  endedAs: number
  /** When this parent was granted a spawn, ms; never forgotten. */
  readonly grants: number[]
}

export interface Ticket {
  readonly service: Service
  readonly parent: Knot
  readonly expiresAtMs: number
  state: 'live' | 'used' | 'dead'
  /** What it became. */
  node: Knot | null
}

export interface Service {
  readonly name: string
  limits: OracleLimits
  /** Living roots, oldest first. */
  roots: Knot[]
  readonly virtualRoot: Knot
  /** Every record that is kept, in the order recorded. */
  records: Knot[]
  readonly tickets: Ticket[]
  /** When anyone of the service was granted a spawn, ms. */
  readonly grants: number[]
  recordsEver: number
  grantsEver: number
}

/** A process that runs as far as the books know. */
export function isLiving(knot: Knot): boolean {
  return knot.ending === null
}

export function livingRecords(service: Service): Knot[] {
  return service.records.filter(isLiving)
}

/** In the order recorded. */
export function childrenOf(knot: Knot): Knot[] {
  return knot.service.records.filter(record => record.parent === knot)
}

export function liveTickets(service: Service): Ticket[] {
  return service.tickets.filter(ticket => ticket.state === 'live')
}

/** What stands against `descendants`. */
export function descendantsCounted(service: Service): number {
  const records = service.limits.counting === 'tracked' ? service.recordsEver : livingRecords(service).length
  return records + liveTickets(service).length
}

/** What stands against `children` of this parent. */
export function childrenCounted(parent: Knot): number {
  const { service } = parent
  const children = childrenOf(parent).filter(child => service.limits.counting === 'tracked' || isLiving(child))
  return children.length + liveTickets(service).filter(ticket => ticket.parent === parent).length
}

export function memoryUsed(service: Service): number {
  return [...service.roots, ...livingRecords(service)].reduce((sum, knot) => sum + (knot.rssBytes ?? 0), 0)
}

/** Grants that still count: one at t stops counting at t + window. */
export function withinWindow(grants: readonly number[], windowMs: number, nowMs: number): number[] {
  return grants.filter(atMs => atMs + windowMs > nowMs)
}

/** Pre-order, siblings in the order recorded. */
export function subtree(knot: Knot): Knot[] {
  return [knot, ...childrenOf(knot).flatMap(subtree)]
}

/** The nearest ancestor that lives, else the oldest living root, else none. */
export function nextOfKin(knot: Knot): Knot | null {
  for (let above = knot.parent; above !== null; above = above.parent) if (isLiving(above)) return above
  return knot.service.roots[0] ?? null
}
