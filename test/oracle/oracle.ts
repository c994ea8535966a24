/**
 * A slow and obviously right supervisor: SEMANTICS in plain objects, for one caller. Answers are what the real one's
 * answers become in `seen.ts`; a failure is `{ failed: code }`.
 */

import type { FailureCode } from '../../protocol/failures.js'
import {
  childrenOf,
  isLiving,
  type Knot,
  liveTickets,
  livingRecords,
  memoryUsed,
  nextOfKin,
  type OracleLimits,
  type Service,
  subtree,
  type Ticket,
} from './books.js'
import { type Foretold, firstRefusal, refuse, treeRefusal } from './checks.js'
import { type SeenChild, type SeenTree, seenKnot } from './seen.js'

export interface Failed {
  readonly failed: FailureCode
}

export interface Granted {
  readonly ok: true
  readonly depth: number
  readonly rootService: string
  readonly expiresAtMs: number
}

/** Of a record that only the daemon makes. */
export interface How {
  /** The child has the pid of its parent, which has ended. */
  readonly isItsSuccessor?: boolean
  /** Whether a node may be of this very process. */
  readonly isSame?: (node: Knot) => boolean
  /** A supervisor before this one has recorded it, and charged its rate. */
  readonly isKnown?: boolean
}

type Recorded = string | null | Failed

const INVALID: Failed = { failed: 'invalid_input' }

export class Oracle {
  nowMs = 0
  readonly services = new Map<string, Service>()
  /** Living roots and kept records by pid. */
  readonly pids = new Map<number, Knot>()
  /** Every ticket ever granted, oldest first. */
  readonly tickets: Ticket[] = []
  #exits = 0

  advance(ms: number): void {
    this.nowMs += ms
    for (const ticket of this.tickets)
      if (ticket.state === 'live' && this.nowMs >= ticket.expiresAtMs) ticket.state = 'dead'
  }

  registerService(name: string, limits: OracleLimits): undefined {
    const known = this.services.get(name)
    if (known !== undefined) {
      known.limits = limits
      this.#evict(known)
      return
    }
    const service: Omit<Service, 'virtualRoot'> & { virtualRoot?: Knot } = {
      name,
      limits,
      roots: [],
      records: [],
      tickets: [],
      grants: [],
      recordsEver: 0,
      grantsEver: 0,
    }
    service.virtualRoot = newKnot(service as Service, 0, null, 0, '')
    this.services.set(name, service as Service)
  }

  unregisterService(name: string): undefined | Failed {
    const service = this.services.get(name)
    if (service === undefined) return INVALID
    for (const knot of [...service.roots, ...service.records]) this.#forget(knot)
    for (const ticket of service.tickets) ticket.state = 'dead'
    this.services.delete(name)
  }

  registerServicePid(name: string, pid: number): undefined | Failed {
    const service = this.services.get(name)
    if (service === undefined) return INVALID
    const known = this.pids.get(pid)
    if (known?.isRoot === true && known.service === service) return
    if (known !== undefined && isLiving(known)) return { failed: 'pid_taken' }
    const root = newKnot(service, pid, null, 0, '')
    service.roots.push(root)
    this.pids.set(pid, root)
  }

  unregisterServicePid(pid: number): undefined {
    const knot = this.pids.get(pid)
    if (knot?.isRoot === true) this.#rootDies(knot)
  }

  authorize(parentPid: number, ttlMs: number | null): Granted | Foretold {
    const parent = this.pids.get(parentPid)
    if (parent === undefined) return refuse('no_tree')
    const refused = firstRefusal(parent, ttlMs, this.nowMs)
    if (refused !== null) return refused
    const { service } = parent
    const ticket: Ticket = {
      service,
      parent,
      expiresAtMs: this.nowMs + service.limits.ticketTtlMs,
      state: 'live',
      node: null,
    }
    this.tickets.push(ticket)
    service.tickets.push(ticket)
    parent.grants.push(this.nowMs)
    service.grants.push(this.nowMs)
    service.grantsEver++
    return { ok: true, depth: parent.depth + 1, rootService: service.name, expiresAtMs: ticket.expiresAtMs }
  }

  release(ticket: Ticket): boolean {
    if (ticket.state !== 'live') return false
    ticket.state = 'dead'
    return true
  }

  record(parentPid: number, pid: number, ticket: Ticket | null, hint: string | null, how: How = {}): Recorded {
    const { isItsSuccessor = false, isSame = () => true, isKnown = false } = how
    if (parentPid === pid && !isItsSuccessor) return INVALID
    const known = this.pids.get(pid)
    if (known !== undefined && isLiving(known))
      return !known.isRoot && known.parentPid === parentPid ? known.service.name : INVALID
    if (ticket !== null && ticket.parent.pid !== parentPid) return INVALID
    if (ticket?.state === 'used' && ticket.node !== null && this.#isKept(ticket.node)) {
      return ticket.node.pid === pid && isSame(ticket.node) ? ticket.service.name : INVALID
    }
    const live = ticket?.state === 'live' ? ticket : null
    // A ticket is of who asked, whoever has that pid by now.
    const parent = live?.parent ?? this.pids.get(parentPid) ?? null
    if (parent === null && hint !== null && !this.services.has(hint)) return INVALID
    const service = parent?.service ?? (hint === null ? undefined : this.services.get(hint))
    if (service === undefined) return null
    const above = parent ?? service.roots[0] ?? service.virtualRoot
    const node = newKnot(service, pid, above, above.depth + 1, `c${pid}`)
    node.parentPid = parentPid
    service.records.push(node)
    service.recordsEver++
    this.pids.set(pid, node)
    if (live !== null) {
      live.state = 'used'
      live.node = node
    } else if (!isKnown) {
      // The process exists already: it takes a rate slot all the same.
      above.grants.push(this.nowMs)
      service.grants.push(this.nowMs)
    }
    if (!isLiving(above)) this.#meetPolicy(above)
    return service.name
  }

  exit(pid: number, exitCode: number | null, signal: number | null): SeenChild | null {
    const knot = this.pids.get(pid)
    if (knot === undefined) return null
    if (knot.isRoot) {
      this.#rootDies(knot)
      return null
    }
    if (!isLiving(knot)) return seenKnot(knot)
    const reason = signal !== null ? 'signal' : exitCode !== null ? 'self' : 'unknown'
    knot.ending = { exitCode, signal, reason }
    knot.endedAs = ++this.#exits
    this.#meetPolicy(knot)
    const seen = seenKnot(knot)
    this.#evict(knot.service)
    return seen
  }

  metrics(pid: number, cpuPercent: number | null, rssBytes: number | null): undefined {
    const knot = this.pids.get(pid)
    if (knot === undefined) return
    knot.cpuPercent = cpuPercent
    knot.rssBytes = rssBytes
  }

  removeSubtree(pid: number): SeenChild[] {
    const knot = this.pids.get(pid)
    if (knot === undefined || knot.isRoot) return []
    const removed = subtree(knot)
    for (const node of removed) this.#forget(node)
    return removed.map(seenKnot)
  }

  removeChild(pid: number): SeenChild | null {
    const knot = this.pids.get(pid)
    if (knot === undefined || knot.isRoot) return null
    for (const child of childrenOf(knot)) moveTo(child, knot.parent)
    this.#forget(knot)
    return seenKnot(knot)
  }

  children(pid: number): SeenChild[] {
    const knot = this.pids.get(pid)
    return knot === undefined ? [] : childrenOf(knot).map(seenKnot)
  }

  tree(pid: number): SeenTree | null {
    const service = this.pids.get(pid)?.service
    if (service === undefined) return null
    const { limits } = service
    const live = livingRecords(service).length
    return {
      serviceName: service.name,
      maxDepth: limits.depth,
      maxChildren: limits.children,
      maxDescendants: limits.descendants,
      memoryQuota: limits.totalMemory,
      memoryUsed: memoryUsed(service),
      terminationPolicy: limits.terminationPolicy,
      currentDepth: 0,
      totalDescendants: service.recordsEver,
      liveDescendants: live,
      reservations: liveTickets(service).length,
      processes: live + service.roots.length,
      memorySource: 'rss',
    }
  }

  canSpawn(name: string, depth: number): Foretold | null | Failed {
    const service = this.services.get(name)
    return service === undefined ? INVALID : treeRefusal(service, depth)
  }

  activeChildCount(name: string | null): number | Failed {
    if (name !== null && !this.services.has(name)) return INVALID
    const counted = [...this.services.values()].filter(service => name === null || service.name === name)
    return counted.reduce((sum, service) => sum + livingRecords(service).length, 0)
  }

  #rootDies(root: Knot): void {
    if (root.service.limits.counting === 'tracked') return
    root.ending = { exitCode: null, signal: null, reason: 'unknown' }
    root.service.roots = root.service.roots.filter(other => other !== root)
    this.#forget(root)
    this.#meetPolicy(root)
  }

  /** Only `reparent` shows in the books; a cascade is an order to others, an orphan stays where it is. */
  #meetPolicy(dead: Knot): void {
    const { counting, terminationPolicy } = dead.service.limits
    if (counting === 'tracked' || terminationPolicy !== 'reparent') return
    const kin = nextOfKin(dead)
    if (kin === null) return
    for (const child of childrenOf(dead)) if (isLiving(child)) moveTo(child, kin)
  }

  #evict(service: Service): void {
    if (service.limits.counting === 'tracked') return
    const exited = service.records.filter(record => !isLiving(record)).sort((a, b) => a.endedAs - b.endedAs)
    for (const oldest of exited.slice(0, Math.max(0, exited.length - service.limits.keepExited))) this.#forget(oldest)
  }

  #forget(knot: Knot): void {
    knot.service.records = knot.service.records.filter(other => other !== knot)
    if (this.pids.get(knot.pid) === knot) this.pids.delete(knot.pid)
  }

  #isKept(knot: Knot): boolean {
    return knot.service.records.includes(knot)
  }
}

function moveTo(child: Knot, parent: Knot | null): void {
  child.parent = parent
  if (parent !== null) child.parentPid = parent.pid
}

function newKnot(service: Service, pid: number, parent: Knot | null, depth: number, name: string): Knot {
  return {
    pid,
    service,
    isRoot: parent === null,
    depth,
    name,
    parentPid: parent?.pid ?? 0,
    parent,
    cpuPercent: null,
    rssBytes: null,
    ending: null,
    endedAs: 0,
    grants: [],
  }
}
