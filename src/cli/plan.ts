/** `espalier plan`: what other limits would have done to what was asked. */

import type { ChronicleEntry } from '../../protocol/wire/chronicle.js'
import { EXIT } from './exit-codes.js'
import { jsonLine } from './json.js'
import { clientOf, type DaemonOptions } from './place.js'
import { planLines } from './plan-lines.js'
import { put } from './put.js'

export interface PlanOptions extends DaemonOptions {
  readonly config: string
  /** Unix ms. */
  readonly last?: number
  readonly json: boolean
}

/** Changes nothing: the daemon is only asked for its events. */
export async function planCommand(options: PlanOptions): Promise<number> {
  // Loaded here: no other command needs the actors.
  const [{ loadConfig }, { replay }] = await Promise.all([import('../config/load.js'), import('../plan/replay.js')])
  const { services } = await loadConfig(options.config)
  const client = clientOf(options)
  const entries: ChronicleEntry[] = []
  const from = options.last === undefined ? {} : { since: options.last }
  for await (const batch of client.events(from, false)) entries.push(...batch.entries)
  const plans = await replay(entries, new Map(services.map(({ name, limits }) => [name, limits])))
  const recorded = new Set(entries.map(({ event }) => event.service))
  const planned = plans.filter(({ service }) => recorded.has(service))
  const leftOut = [...recorded].filter(name => name !== '' && !services.some(service => service.name === name))
  const since = entries.at(0)?.at ?? null
  const text = options.json
    ? jsonLine({ since, services: planned.map(withCounts), leftOut })
    : planLines({ config: options.config, since, plans: planned, leftOut }).join('\n')
  await put(process.stdout, `${text}\n`, options.timeout)
  return EXIT.ok
}

/** Maps are no JSON. */
function withCounts<T extends { readonly newlyRefused: ReadonlyMap<string, number> } & object>(plan: T): object {
  const counts = Object.entries(plan).map(([key, value]) => [
    key,
    value instanceof Map ? Object.fromEntries(value) : value,
  ])
  return Object.fromEntries(counts)
}
