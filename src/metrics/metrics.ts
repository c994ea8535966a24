/** The figures of one supervisor: what has happened since they were first asked for, and what holds now. */

import { LIMIT_KEYS, type Limits } from '../../protocol/limits.js'
import type { ServiceView } from '../../protocol/trees.js'
import type { Launcher } from '../launch.js'
import type { Admission } from '../supervisor/admission.js'
import type { EventLog } from '../supervisor/event-log.js'
import type { Fleet } from '../supervisor/fleet.js'
import type { Waiting } from '../supervisor/waiting.js'
import { Counters, OTHER } from './counters.js'
import { type Family, renderFamilies, type Sample } from './families.js'
import { Histogram } from './histogram.js'

/** Upper ends of the buckets of a decision's time, in seconds: 10 us to 1 s. */
const DECISION_SECONDS = [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.1, 0.25, 1]

/** Limits that are one number. */
const NUMBERS = ['depth', 'children', 'descendants', 'totalMemory', 'lifetime', 'tasks'] as const

export interface MetricsParts {
  readonly log: EventLog
  readonly admission: Admission
  readonly waiting: Waiting
  readonly fleet: Fleet
  readonly launcher: Launcher
  readonly services: () => Promise<readonly ServiceView[]>
}

export class Metrics {
  private readonly parts: MetricsParts
  private readonly counters = new Counters()
  private readonly decisions = new Histogram(DECISION_SECONDS)
  private hasBegun = false

  constructor(parts: MetricsParts) {
    this.parts = parts
  }

  /** The text; the first call begins the counting. */
  async text(): Promise<string> {
    this.begin()
    const services = await this.parts.services()
    const lost = await this.parts.launcher.lostLines?.()
    return renderFamilies([
      ...this.gauges(services, lost),
      ...this.counters.families(),
      this.latency(),
      ...this.hosts(),
    ])
  }

  private begin(): void {
    if (this.hasBegun) return
    this.hasBegun = true
    const { log, admission } = this.parts
    log.tap(this.counters.hear)
    admission.time(ms => this.decisions.observe(ms / 1000))
  }

  private gauges(services: readonly ServiceView[], lost: ReadonlyMap<string, number> | undefined): readonly Family[] {
    const labels = new Map(services.map(({ name }) => [name, this.counters.labelOf(name)]))
    const others = services.filter(({ name }) => labels.get(name) === OTHER).length
    const summed = (name: string, help: string, value: (service: ServiceView) => number): Family => {
      const sums = new Map<string, number>()
      for (const service of services) {
        const label = labels.get(service.name) ?? OTHER
        sums.set(label, (sums.get(label) ?? 0) + value(service))
      }
      return gauge(
        name,
        help,
        [...sums].map(([service, sum]) => ({ labels: { service }, value: sum })),
      )
    }
    const keepers = this.parts.launcher.keepers?.()
    const kept = new Set(keepers?.map(({ service }) => service))
    return [
      gauge('espalier_services', 'Registered services.', [{ labels: {}, value: services.length }]),
      gauge('espalier_services_pooled', `Services without series of their own, shown together as ${OTHER}.`, [
        { labels: {}, value: others },
      ]),
      summed('espalier_roots', 'Living roots.', service => service.roots.length),
      summed('espalier_descendants', 'Living processes below the roots.', service => service.liveDescendants),
      summed('espalier_tickets', 'Grants that wait for their process.', service => service.reservations),
      summed('espalier_memory_bytes', 'Memory, as last measured.', service => service.memoryUsed),
      ...(lost === undefined
        ? []
        : [
            summed(
              'espalier_log_lines_lost',
              'Lines of output that the disk did not take, since the keeper of the service began.',
              service => lost.get(service.name) ?? 0,
            ),
          ]),
      gauge(
        'espalier_limit',
        'Limits that are set, by their key in a config; rates are grants a second.',
        services
          .filter(({ name }) => labels.get(name) !== OTHER)
          .flatMap(({ name, limits }) => limitSamples(name, limits)),
      ),
      ...(keepers === undefined
        ? []
        : [
            summed(
              'espalier_keeper_up',
              'Keepers that serve; 0: nothing was launched in the service yet, or its keeper was lost.',
              service => (kept.has(service.name) ? 1 : 0),
            ),
          ]),
    ]
  }

  private hosts(): readonly Family[] {
    const { fleet, waiting } = this.parts
    const byHost = (value: (host: number) => number) =>
      fleet.lanes.map(({ index }): Sample => ({ labels: { host: String(index) }, value: value(index) }))
    return [
      gauge(
        'espalier_host_up',
        'Hosts that answer.',
        byHost(host => (fleet.link(host) === null ? 0 : 1)),
      ),
      gauge(
        'espalier_host_operations',
        'Operations asked and not yet known to be done.',
        byHost(host => fleet.lanes[host].outstanding),
      ),
      gauge('espalier_waiting', 'Spawns that wait to be granted.', [{ labels: {}, value: waiting.waiting }]),
    ]
  }

  private latency(): Family {
    return {
      name: 'espalier_authorize_seconds',
      type: 'histogram',
      help: 'How long a decision took, as its caller saw it. One at a time is timed: under load a sample, not all.',
      samples: this.decisions.samples(),
    }
  }
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: 'gauge', help, samples }
}

function limitSamples(service: string, limits: Limits): Sample[] {
  const sample = (key: string, value: number): Sample => ({ labels: { service, key }, value })
  const samples = NUMBERS.flatMap(name => {
    const value = limits[name]
    return value === null ? [] : [sample(LIMIT_KEYS[name].yaml, value)]
  })
  for (const name of ['rate', 'serviceRate'] as const) {
    const rate = limits[name]
    if (rate !== null) samples.push(sample(LIMIT_KEYS[name].yaml, rate.limit / (rate.windowMs / 1000)))
  }
  return samples
}
