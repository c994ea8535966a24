/** Registering services, replacing their limits, ending and listing them. */

import type { Registration, Registry } from '../../actors/registry/registry.js'
import { EspalierError } from '../../protocol/failures.js'
import { OP } from '../../protocol/lane/operations.js'
import { parseLimits } from '../../protocol/limit-parse.js'
import type { LimitsInput } from '../../protocol/limits.js'
import type { ServiceView } from '../../protocol/trees.js'
import * as encode from '../lane/encode.js'
import type { Launcher } from '../launch.js'
import * as check from './checks.js'
import { endLaunched } from './ending.js'
import type { Fleet } from './fleet.js'
import { UnderWay } from './under-way.js'
import type { Waiting } from './waiting.js'

export class Services {
  readonly underWay = new UnderWay()
  /** Grants ever charged to one before this supervisor was. */
  chargesOf: (service: string) => number = () => 0
  private readonly fleet: Fleet
  private readonly registry: Registry
  private readonly launcher: Launcher
  private readonly waiting: Waiting

  constructor(fleet: Fleet, registry: Registry, launcher: Launcher, waiting: Waiting) {
    this.fleet = fleet
    this.registry = registry
    this.launcher = launcher
    this.waiting = waiting
  }

  async register(name: string, limits: LimitsInput | null): Promise<void> {
    check.checkName(name, 'service name')
    const parsed = parseLimits(limits ?? {})
    const isNew = this.registry.find(name) === null
    const entry = this.registry.register(name, parsed)
    const lane = this.fleet.lanes[entry.lane]
    try {
      await lane.call<void>(encode.encodeService(lane, entry.id, name, parsed, this.chargesOf(name)))
      entry.limits = parsed
    } catch (error) {
      if (isNew) this.registry.forget(name)
      throw error
    }
  }

  async unregister(name: string): Promise<void> {
    const entry = this.registry.get(name)
    const lane = this.fleet.lanes[entry.lane]
    if (entry.ending) throw new EspalierError('invalid_input', `service "${name}" is already being unregistered`)
    entry.ending = true
    try {
      await lane.call<void>(encode.encodePlain(lane, OP.endService, entry.id))
      // Who waits in it is refused now, not when a window has passed: its end waits for spawns under way.
      this.waiting.askAgain()
      await Promise.all([this.launcher.endAll(name, entry.limits.graceMs), this.underWay.settled(name)])
      // What was granted before the order may have been launched since.
      await this.launcher.endAll(name, entry.limits.graceMs)
      // The exits of what was launched are on their way already, and come first.
      await new Promise(resolve => setImmediate(resolve))
      await lane.call<void>(encode.encodePlain(lane, OP.forgetService, entry.id))
      this.registry.forget(name)
    } finally {
      entry.ending = false
    }
  }

  /** Ends everything that was launched, and what was being launched. */
  async endAll(): Promise<void> {
    await Promise.all([endLaunched(this.launcher, this.registry.all()), this.underWay.settled(null)])
    await endLaunched(this.launcher, this.registry.all())
  }

  /** What every host has applied, by name. */
  async list(): Promise<ServiceView[]> {
    await Promise.all(this.registry.all().map(entry => this.settleTickets(entry)))
    const reports = await Promise.all(
      this.fleet.lanes.map(lane => this.fleet.link(lane.index)?.report(this.fleet.applied(lane.index))),
    )
    const known = new Map(reports.flatMap(report => report?.services ?? []).map(one => [one.id, one]))
    return this.registry.all().map(({ id, name, limits, lane }) => {
      const report = known.get(id)
      const { roots = [], liveDescendants = 0, reservations = 0, memoryUsed = 0, memorySource = 'rss' } = report ?? {}
      return { name, limits, roots, liveDescendants, reservations, memoryUsed, memorySource, host: lane }
    })
  }

  /** That a grant's time is over is seen only when its service is asked for something. */
  private async settleTickets({ id, lane: index }: Registration): Promise<void> {
    const lane = this.fleet.lanes[index]
    try {
      await lane.call(encode.encodePlain(lane, OP.canSpawn, id, 0))
    } catch (error) {
      // Unregistered meanwhile.
      if (!(error instanceof EspalierError) || error.code !== 'invalid_input') throw error
    }
  }

  /** Children without an exit, of one service or of all. */
  async activeChildren(service: string | null): Promise<number> {
    const entry = service === null ? null : this.registry.get(service)
    const lanes = entry === null ? this.fleet.lanes : [this.fleet.lanes[entry.lane]]
    const counts = lanes.map(lane => lane.call<number>(encode.encodePlain(lane, OP.activeChildren, entry?.id ?? 0)))
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  }
}
