/** What has happened, counted out of events: by service, and never by process. */

import type { EspalierEvent } from '../../protocol/events.js'
import type { Family, Labels, Sample } from './families.js'

/** Services that have series of their own; the counts of all others are one more, `OTHER`. */
export const SERVICES_NAMED_MAX = 500

/** No service can have this name. */
export const OTHER = '(other)'

const KEYS = [
  'granted',
  'recorded',
  'refused',
  'released',
  'expired',
  'overruns',
  'exits',
  'ordered',
  'failed',
] as const
type Key = (typeof KEYS)[number]

/** Families of counters: their name, their labels beside `service`, and what is said of them. */
const SHOWN: Readonly<Record<Key, readonly [name: string, labels: readonly string[], help: string]>> = {
  granted: ['espalier_spawns_granted_total', [], 'Spawns that were granted.'],
  recorded: ['espalier_spawns_total', [], 'Children that were recorded.'],
  refused: [
    'espalier_refusals_total',
    ['code'],
    'Spawns that were refused, by code; without a service: before one was found.',
  ],
  released: ['espalier_tickets_released_total', [], 'Grants given back unused.'],
  expired: ['espalier_tickets_expired_total', [], 'Grants that nobody used in time.'],
  overruns: ['espalier_limit_overruns_total', ['code'], 'Recorded processes that were past a limit already.'],
  exits: ['espalier_exits_total', ['role', 'reason'], 'Ends of roots and children, by reason.'],
  ordered: ['espalier_terminations_total', ['reason'], 'Processes that were ordered to end, by reason.'],
  failed: ['espalier_casts_failed_total', ['code'], 'Operations without an answer that failed.'],
}

/** Counts by the values of a family's labels. Those are few and ours: codes, reasons, roles. */
type Counts = Record<Key, Map<string, number>>

export class Counters {
  private readonly named = new Map<string, Counts>()
  private readonly unnamed = new Map<string, Counts>([['', newCounts()]])

  readonly hear = (event: EspalierEvent): void => {
    const counted = countOf(event)
    if (counted === null) {
      // Its series end with it; another of this name begins anew.
      if (event.kind === 'service_unregistered') this.named.delete(event.service)
      return
    }
    const [key, values = '', by = 1] = counted
    const counts = this.countsOf(this.labelOf(event.service))[key]
    counts.set(values, (counts.get(values) ?? 0) + by)
  }

  /** The name under which a service is shown: its own, or `OTHER` when there is no room. */
  labelOf(service: string): string {
    if (service === '' || this.named.has(service)) return service
    if (this.named.size >= SERVICES_NAMED_MAX) return OTHER
    this.named.set(service, newCounts())
    return service
  }

  families(): readonly Family[] {
    return KEYS.map(key => {
      const [name, labels, help] = SHOWN[key]
      const samples = [...this.named, ...this.unnamed].flatMap(([service, counts]) =>
        [...counts[key]].map(([values, value]): Sample => ({ labels: labelsOf(service, labels, values), value })),
      )
      return { name, help, type: 'counter', samples }
    })
  }

  private countsOf(label: string): Counts {
    const known = this.named.get(label) ?? this.unnamed.get(label)
    if (known !== undefined) return known
    const counts = newCounts()
    this.unnamed.set(label, counts)
    return counts
  }
}

/** What an event counts as: the family, the values of its labels, and how many. */
function countOf(event: EspalierEvent): readonly [key: Key, values?: string, by?: number] | null {
  switch (event.kind) {
    case 'spawn_granted':
      return ['granted']
    case 'spawn_refused':
      return ['refused', event.refusal.code]
    case 'child_recorded':
      return ['recorded']
    case 'child_exited':
      return ['exits', `child ${event.child.lastExit?.reason ?? 'unknown'}`]
    case 'root_exited':
      return ['exits', `root ${event.exit.reason}`]
    case 'ticket_released':
      return ['released']
    case 'ticket_expired':
      return ['expired']
    case 'limit_overrun':
      return ['overruns', event.code]
    case 'termination_due':
      return ['ordered', event.reason, event.pids.length]
    case 'cast_failed':
      return ['failed', event.code]
    case 'service_registered':
    case 'service_unregistered':
    case 'root_registered':
    case 'child_moved':
    case 'child_removed':
    case 'events_lost':
      return null
  }
}

function newCounts(): Counts {
  return Object.fromEntries(KEYS.map(key => [key, new Map()])) as Counts
}

function labelsOf(service: string, names: readonly string[], values: string): Labels {
  const parts = values.split(' ')
  const others = names.map((name, index) => [name, parts[index]])
  return { ...(service === '' ? {} : { service }), ...Object.fromEntries(others) }
}
