/** What `tree` answers: each service's figures, then its processes, parents before children. */

import type { ServicePhase } from '../../protocol/restarts.js'
import {
  type Answer,
  answer,
  PROCESSES_PER_ANSWER,
  type ProcessReport,
  type ServiceReport,
} from '../../protocol/wire/answers.js'
import type { DaemonContext } from './context.js'
import { overIn } from './limits/over.js'
import type { Peripheral } from './peripherals.js'
import type { ManagedProcess } from './process.js'
import { ratesUsed } from './rates-used.js'

type Reported = Omit<ManagedProcess, 'exited'> | Peripheral

/** Longest command line that is reported, in characters. */
const COMMAND_LENGTH_MAX = 256

/** Everything that runs now, or all of one service. Figures of the services come from the supervisor's books. */
export async function* reportForest(context: DaemonContext, only: string | null = null): AsyncGenerator<Answer> {
  for (const service of await reportServices(context)) {
    if (only !== null && service.name !== only) continue
    yield answer('tree_service', { service })
    const processes = reportProcesses(context, service.name)
    for (let at = 0; at < processes.length; at += PROCESSES_PER_ANSWER) {
      yield answer('tree_processes', { processes: processes.slice(at, at + PROCESSES_PER_ANSWER) })
    }
  }
  const { reason } = context.store.state
  const notStored = only === null && reason !== null ? { notStored: reason } : {}
  yield answer('tree_end', { pid: process.pid, atMs: Date.now(), ...notStored })
}

/** The services in the order of their names, with the figures of this moment. */
export async function reportServices(context: DaemonContext): Promise<readonly ServiceReport[]> {
  const services = await context.core.services()
  const lost = await context.core.launcher.lostLines?.()
  const windows = new Map(services.map(({ name, limits }) => [name, limits.rate?.windowMs ?? 0]))
  const rates = ratesUsed(context.chronicle.latestFirst(), windows, Date.now())
  return Promise.all(
    services.map(async ({ name, limits, liveDescendants }) => {
      const living = context.book.living(name)
      const tree = living.length === 0 ? null : await context.core.getSpawnTree(living[0].pid)
      return {
        name,
        limits,
        liveDescendants,
        totalDescendants: tree?.totalDescendants ?? context.book.spawned(name),
        reservations: tree?.reservations ?? 0,
        memoryUsed: tree?.memoryUsed ?? 0,
        memorySource: tree?.memorySource ?? 'rss',
        linesLost: lost?.get(name) ?? 0,
        rateUsed: rates.get(name) ?? 0,
        processes: tree?.processes ?? living.length,
        state: stateOf(context, name, living),
        phase: phaseOf(context, name),
        restarts: context.supervised.get(name)?.restarts ?? 0,
        over: overIn(context, name, limits, tree),
      }
    }),
  )
}

/** The living processes of a service in pre-order; those whose parent has gone come as tops of their own. */
export function reportProcesses(context: DaemonContext, service: string): readonly ProcessReport[] {
  const living: readonly Reported[] = [...context.book.living(service), ...context.peripherals.living(service)]
  const pids = new Set(living.map(one => one.pid))
  const below = new Map<number | null, Reported[]>()
  for (const one of living) {
    const parent = one.parentPid !== null && pids.has(one.parentPid) ? one.parentPid : null
    const siblings = below.get(parent)
    if (siblings === undefined) below.set(parent, [one])
    else siblings.push(one)
  }
  const ordered: ProcessReport[] = []
  const visit = (parent: number | null) => {
    for (const one of below.get(parent) ?? []) {
      ordered.push(reportProcess(context, one))
      visit(one.pid)
    }
  }
  visit(null)
  return ordered
}

/** One living process as it is told. */
export function reportProcess({ core: { launcher } }: DaemonContext, one: Reported): ProcessReport {
  const { service, name, pid, startTicks, depth, state, cpuPercent, rssBytes, startedAt, ttlMs } = one
  return {
    service,
    name,
    pid,
    startTicks,
    kind: 'isPeripheral' in one ? 'peripheral' : one.parentPid === null ? 'root' : 'spawned',
    parentPid: one.parentPid ?? process.pid,
    depth,
    command: one.command.slice(0, COMMAND_LENGTH_MAX),
    state: state === 'running' && launcher.isStray?.(pid) ? 'adopted' : state,
    cpuPercent,
    rssBytes,
    startedAt,
    ttlMs,
  }
}

function phaseOf(context: DaemonContext, service: string): ServicePhase {
  return context.supervised.get(service)?.phase ?? { kind: 'ended' }
}

function stateOf(context: DaemonContext, service: string, living: readonly ManagedProcess[]): ServiceReport['state'] {
  const phase = phaseOf(context, service)
  if (phase.kind === 'failed') return 'failed'
  if (context.stopping.has(service)) return living.length === 0 ? 'ended' : 'stopping'
  if (phase.kind !== 'running' && phase.kind !== 'ended') return phase.kind
  if (living.length === 0) return 'ended'
  return living.some(process => process.parentPid === null) ? 'running' : 'rootless'
}
