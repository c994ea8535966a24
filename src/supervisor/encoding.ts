/** Encoders that check, route and note: shared by calls and casts. Null where nobody holds the pid. */

import type { Registry } from '../../actors/registry/registry.js'
import { NOWHERE, type Router } from '../../actors/router/router.js'
import { type ChildInput, EXIT_REASONS, type ExitInput } from '../../protocol/children.js'
import type { TerminationReason } from '../../protocol/events.js'
import { EspalierError } from '../../protocol/failures.js'
import { OP, R_KNOWN, ticketGeneration, ticketLane, ticketSlot } from '../../protocol/lane/operations.js'
import type { RecordByIdentity } from '../core.js'
import * as encode from '../lane/encode.js'
import type { Lane } from '../lane/lane.js'
import * as check from './checks.js'
import type { Fleet } from './fleet.js'

/** An operation that lies in a lane, as a cast until it is called. */
export interface Sent {
  readonly lane: Lane
  readonly at: number
}

export class Encoding {
  private readonly fleet: Fleet
  private readonly router: Router
  private readonly registry: Registry

  constructor(fleet: Fleet, router: Router, registry: Registry) {
    this.fleet = fleet
    this.router = router
    this.registry = registry
  }

  record(parentPid: number, child: ChildInput, options: RecordByIdentity | null): Sent | null {
    check.checkPid(parentPid, 'parent pid')
    const parentTicks = options?.parentStartTicks ?? null
    check.checkChild(parentPid, child, parentTicks)
    const index = this.laneOfRecord(parentPid, child.pid, options)
    if (index === NOWHERE) return null
    const lane = this.fleet.lanes[index]
    const hint = options?.rootHint == null ? null : this.registry.get(options.rootHint)
    const ticket = options?.ticket ?? null
    const how = options?.isKnown ? R_KNOWN : 0
    const at = encode.encodeRecord(lane, parentPid, child, ticket, hint?.id ?? 0, how, parentTicks)
    this.router.note(child.pid, index, lane.lastNumber)
    return { lane, at }
  }

  exit(pid: number, exit: ExitInput): Sent | null {
    check.checkPid(pid)
    check.checkExit(exit)
    const lane = this.laneOf(pid)
    return lane === null ? null : { lane, at: encode.encodeExit(lane, pid, exit) }
  }

  metrics(pid: number, cpuPercent: number | null, rssBytes: number | null): Sent | null {
    check.checkPid(pid)
    check.checkAmount(cpuPercent, 'cpuPercent')
    check.checkBytes(rssBytes)
    const lane = this.laneOf(pid)
    return lane === null ? null : { lane, at: encode.encodeMetrics(lane, pid, cpuPercent, rssBytes) }
  }

  serviceMemory(service: string, bytes: number | null): Sent {
    check.checkBytes(bytes, 'memory of a service')
    const entry = this.registry.get(service)
    const lane = this.fleet.lanes[entry.lane]
    return { lane, at: encode.encodeServiceMemory(lane, entry.id, bytes) }
  }

  plain(code: number, pid: number): Sent | null {
    check.checkPid(pid)
    const lane = this.laneOf(pid)
    return lane === null ? null : { lane, at: encode.encodePlain(lane, code, pid) }
  }

  order(pid: number, reason: TerminationReason): Sent | null {
    check.checkPid(pid)
    const lane = this.laneOf(pid)
    return lane === null
      ? null
      : { lane, at: encode.encodePlain(lane, OP.order, pid, EXIT_REASONS.indexOf(reason) + 1) }
  }

  release(ticket: number): Sent {
    check.checkTicket(ticket)
    const lane = this.fleet.lanes[ticketLane(ticket)]
    if (lane === undefined) throw new EspalierError('invalid_input', `ticket ${ticket} was never issued`)
    const at = encode.encodePlain(lane, OP.release, ticketSlot(ticket), ticketGeneration(ticket))
    return { lane, at }
  }

  canSpawn(service: string, depth: number): Sent {
    check.checkDepth(depth)
    const entry = this.registry.get(service)
    const lane = this.fleet.lanes[entry.lane]
    return { lane, at: encode.encodePlain(lane, OP.canSpawn, entry.id, depth) }
  }

  private laneOf(pid: number): Lane | null {
    const index = this.router.laneFor(pid)
    return index === NOWHERE ? null : this.fleet.lanes[index]
  }

  /** Where a record belongs: with its ticket, else with its parent, else with its hint, else where it is known already. */
  laneOfRecord(parentPid: number, pid: number, options: RecordByIdentity | null): number {
    const ticket = options?.ticket ?? null
    const hint = options?.rootHint == null ? null : this.registry.get(options.rootHint)
    if (ticket !== null) check.checkTicket(ticket)
    const issuer = ticket === null ? NOWHERE : ticketLane(ticket)
    if (issuer >= this.fleet.lanes.length) {
      throw new EspalierError('invalid_input', `ticket ${ticket} was never issued; authorize first`)
    }
    // Another process, of another host, may have the pid of the parent by now.
    if (issuer !== NOWHERE) return issuer
    const known = this.router.laneOf(parentPid)
    return known !== NOWHERE ? known : (hint?.lane ?? this.router.laneOf(pid))
  }
}
