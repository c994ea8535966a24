/** The supervisor: checks what it is asked, routes it to the lane of the tree, and waits for nobody else. */

import { PidTable } from '../../actors/pids.js'
import { Registry } from '../../actors/registry/registry.js'
import { NOWHERE, Router } from '../../actors/router/router.js'
import type { Child, ChildInput, ExitInput } from '../../protocol/children.js'
import type { EspalierEvent, TerminationReason } from '../../protocol/events.js'
import { EspalierError, type FailureCode } from '../../protocol/failures.js'
import { OP, R_VIRTUAL } from '../../protocol/lane/operations.js'
import type { Limits, LimitsInput } from '../../protocol/limits.js'
import type { Grant, Refusal } from '../../protocol/refusals.js'
import type { ServiceView, SpawnTree, TerminationPolicy } from '../../protocol/trees.js'
import type { AuthorizeRequest, Casts, EventOptions, RootOptions, ServiceHandle } from '../api.js'
import { openClock, type RunningClock } from '../clock.js'
import type { AuthorizeByIdentity, Core, InServiceOptions, Past, RecordByIdentity } from '../core.js'
import * as encode from '../lane/encode.js'
import type { Launcher } from '../launch.js'
import { Metrics } from '../metrics/metrics.js'
import { serviceHandle } from '../service.js'
import { Admission } from './admission.js'
import { createCasts } from './casts.js'
import * as check from './checks.js'
import { Encoding } from './encoding.js'
import { closeOnAbort, endOnOrder } from './ending.js'
import { EventLog } from './event-log.js'
import { Fleet } from './fleet.js'
import type { CheckedOptions } from './options.js'
import type { Parts } from './parts.js'
import { RouterRefusals } from './router-refusals.js'
import { Services } from './services.js'
import { Waiting } from './waiting.js'

export class EspalierSupervisor implements Core {
  readonly launcher: Launcher
  readonly cast: Casts
  readonly fleet: Fleet
  readonly admission: Admission
  private readonly registry: Registry
  private readonly router: Router
  private readonly encoding: Encoding
  private readonly known: Services
  private readonly clock: RunningClock
  private readonly log: EventLog
  private readonly refusals: RouterRefusals
  private readonly meters: Metrics
  private readonly detachments: (() => void)[]
  private readonly stopHosts: () => Promise<void>
  private closing: Promise<void> | null = null
  private closed = false

  constructor(options: CheckedOptions, parts: Parts) {
    this.launcher = parts.launcher
    this.stopHosts = parts.stopHosts
    this.clock = openClock(parts.clock)
    this.registry = new Registry(options.hosts)
    this.log = new EventLog(listening => this.fleet.listen(listening))
    this.refusals = new RouterRefusals(options.maxInFlight, this.clock, events => this.log.append(events))
    this.fleet = new Fleet(options.hosts, options.maxInFlight, this.registry, parts.startHost, {
      said: said => {
        if (said.events !== undefined) this.log.append(said.events)
        for (const effect of said.effects ?? []) endOnOrder(this.launcher, effect)
        for (const stray of said.strays ?? []) this.refusals.castFailed(stray.operation, stray.code, stray.message)
      },
      nowMs: () => this.clock.nowMs(),
      dropped: (operation, error) => this.refusals.castFailed(operation, error.code as FailureCode, error.message),
    })
    this.router = new Router(new PidTable(parts.pids, options.hosts), this.fleet)
    this.encoding = new Encoding(this.fleet, this.router, this.registry)
    const release = (ticket: number) => this.cast.releaseTicket(ticket)
    const waiting = new Waiting({ clock: this.clock, isManual: parts.clock.cell !== null, log: this.log, release })
    this.admission = new Admission(this.fleet, this.router, this.registry, this.refusals, this.log, waiting)
    this.known = new Services(this.fleet, this.registry, parts.launcher, waiting)
    this.cast = createCasts(
      this.encoding,
      () => this.closed,
      (operation, error) => {
        this.refusals.castFailed(operation, error.code as FailureCode, error.message)
      },
    )
    this.meters = new Metrics({
      log: this.log,
      admission: this.admission,
      waiting,
      fleet: this.fleet,
      launcher: parts.launcher,
      services: () => this.services(),
    })
    this.detachments = [options.clock.attach(() => this.fleet.fence().then(() => waiting.caughtUp()))]
    this.detachments.push(closeOnAbort(options.signal, () => this.close()))
  }

  resume(past: Past): void {
    this.fleet.resume(past.decisions)
    this.refusals.resume(past.decisions)
    this.known.chargesOf = past.chargesOf
  }

  registerService(name: string, limits?: LimitsInput | null): Promise<void> {
    return this.ask(() => this.known.register(name, limits ?? null))
  }

  unregisterService(name: string): Promise<void> {
    return this.ask(() => this.known.unregister(name))
  }

  registerServicePid(name: string, pid: number, options?: RootOptions | null): Promise<void> {
    return this.ask(() => {
      check.checkPid(pid)
      check.checkTicks(options?.startTicks)
      const entry = this.registry.get(name)
      const lane = this.fleet.lanes[entry.lane]
      const startTicks = options?.startTicks ?? null
      return this.afterStranger(pid, startTicks, entry.lane, () => {
        const at = encode.encodeRoot(lane, entry.id, pid, startTicks)
        this.router.note(pid, entry.lane, lane.lastNumber)
        return lane.call<void>(at)
      })
    })
  }

  unregisterServicePid(pid: number): Promise<void> {
    return this.ask(() => this.plain(OP.unregisterRoot, pid, undefined))
  }

  authorizeSpawn(parentPid: number, childName: string, options?: AuthorizeByIdentity | null): Promise<Grant | Refusal> {
    return this.ask(() => this.admission.one(parentPid, childName, options))
  }

  authorizeMany(requests: readonly AuthorizeRequest[]): Promise<(Grant | Refusal)[]> {
    return this.ask(() => this.admission.many(requests))
  }

  authorizeInService(service: string, childName: string, options?: InServiceOptions): Promise<Grant | Refusal> {
    return this.ask(() => this.admission.inService(service, childName, options))
  }

  releaseTicket(ticket: number): Promise<boolean> {
    return this.ask(async () => {
      const { lane, at } = this.encoding.release(ticket)
      return (await lane.call<number>(at)) === 1
    })
  }

  recordSpawn(parentPid: number, child: ChildInput, options?: RecordByIdentity | null): Promise<string | null> {
    return this.ask(() => {
      check.checkPid(parentPid, 'parent pid')
      check.checkChild(parentPid, child, options?.parentStartTicks)
      const index = this.encoding.laneOfRecord(parentPid, child.pid, options ?? null)
      if (index === NOWHERE) return Promise.resolve(null)
      return this.afterStranger(child.pid, child.startTicks ?? null, index, () => {
        const sent = this.encoding.record(parentPid, child, options ?? null)
        return sent === null ? Promise.resolve(null) : sent.lane.call<string | null>(sent.at)
      })
    })
  }

  recordInService(service: string, child: ChildInput, ticket: number): Promise<string | null> {
    return this.ask(() => {
      check.checkChild(0, child)
      check.checkTicket(ticket)
      const entry = this.registry.get(service)
      const lane = this.fleet.lanes[entry.lane]
      return this.afterStranger(child.pid, child.startTicks ?? null, entry.lane, () => {
        const at = encode.encodeRecord(lane, 0, child, ticket, entry.id, R_VIRTUAL)
        this.router.note(child.pid, entry.lane, lane.lastNumber)
        return lane.call<string | null>(at)
      })
    })
  }

  recordSpawnExit(pid: number, exit: ExitInput): Promise<Child | null> {
    return this.ask(() => {
      const sent = this.encoding.exit(pid, exit)
      return sent === null ? Promise.resolve(null) : sent.lane.call<Child | null>(sent.at)
    })
  }

  updateChildMetrics(pid: number, cpuPercent: number | null, rssBytes: number | null): Promise<void> {
    return this.ask(() => {
      const sent = this.encoding.metrics(pid, cpuPercent, rssBytes)
      return sent === null ? Promise.resolve() : sent.lane.call<void>(sent.at)
    })
  }

  order(pid: number, reason: TerminationReason): Promise<void> {
    return this.ask(() => {
      const sent = this.encoding.order(pid, reason)
      return sent === null ? Promise.resolve() : sent.lane.call<void>(sent.at)
    })
  }

  getChildren(pid: number): Promise<Child[]> {
    return this.ask(() => this.plain<Child[]>(OP.children, pid, []))
  }

  getSpawnTree(pid: number): Promise<SpawnTree | null> {
    return this.ask(() => this.plain<SpawnTree | null>(OP.tree, pid, null))
  }

  terminationPolicyFor(pid: number): Promise<TerminationPolicy | null> {
    return this.ask(() => this.plain<TerminationPolicy | null>(OP.policy, pid, null))
  }

  canSpawn(service: string, depth: number): Promise<Refusal | null> {
    return this.ask(() => {
      const { lane, at } = this.encoding.canSpawn(service, depth)
      return lane.call<Refusal | null>(at)
    })
  }

  removeSubtree(pid: number): Promise<Child[]> {
    return this.ask(() => this.plain<Child[]>(OP.removeSubtree, pid, []))
  }

  removeChild(pid: number): Promise<Child | null> {
    return this.ask(() => this.plain<Child | null>(OP.removeChild, pid, null))
  }

  activeChildCount(service?: string | null): Promise<number> {
    return this.ask(() => this.known.activeChildren(service ?? null))
  }

  services(): Promise<ServiceView[]> {
    return this.ask(() => this.fleet.fence().then(() => this.known.list()))
  }

  service(name: string): ServiceHandle {
    return this.known.underWay.watched(serviceHandle(this, name))
  }

  limitsOf(service: string): Limits | null {
    return this.registry.find(service)?.limits ?? null
  }

  events(options?: EventOptions | null): AsyncIterableIterator<EspalierEvent> {
    return this.log.read(options ?? {})
  }

  metrics(): Promise<string> {
    return this.ask(() => this.meters.text())
  }

  close(): Promise<void> {
    this.admission.close()
    this.closing ??= this.shutDown()
    return this.closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  private async shutDown(): Promise<void> {
    try {
      await this.known.endAll()
      // What was asked before is answered before: a host that died meanwhile has failed it already.
      await this.fleet.fence().catch((error: unknown) => {
        if (!(error instanceof EspalierError)) throw error
      })
    } finally {
      this.closed = true
      for (const detach of this.detachments) detach()
      this.log.close()
      await this.fleet.close()
      await this.stopHosts()
    }
  }

  private plain<T>(code: number, pid: number, none: T): Promise<T> {
    const sent = this.encoding.plain(code, pid)
    return sent === null ? Promise.resolve(none) : sent.lane.call<T>(sent.at)
  }

  /** Where another host holds a living process of this pid, with other ticks: its record is closed there first. */
  private afterStranger<T>(pid: number, startTicks: number | null, lane: number, then: () => Promise<T>): Promise<T> {
    const stranger = startTicks === null ? NOWHERE : this.router.foreigner(pid, lane)
    if (stranger === NOWHERE || startTicks === null) return then()
    const other = this.fleet.lanes[stranger]
    return other.call<void>(encode.encodeSupersede(other, pid, startTicks)).then(then)
  }

  /** Runs an operation; whatever it throws is a rejection. */
  private ask<T>(operation: () => Promise<T>): Promise<T> {
    if (this.closed) return Promise.reject(new EspalierError('closed', 'the supervisor is closed; create another'))
    try {
      return operation()
    } catch (error) {
      return Promise.reject(error)
    }
  }
}
