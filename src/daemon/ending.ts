/** Orders to end: one service or all, now. */

import { setTimeout as delay } from 'node:timers/promises'
import { outermost } from '../../protocol/dependencies.js'
import { EspalierError } from '../../protocol/failures.js'
import { settleAll, within } from '../keeper/waiting.js'
import { persistIfPossible } from '../persist.js'
import type { DaemonContext } from './context.js'

/** Between two looks for a process that appeared while the order was carried out, in ms. */
const LOOK_MS = 20

/** How long spawns under way are waited for beyond the grace, in ms. */
const PATIENCE_MS = 15_000

/** Grace of a service that the books know no more, in ms. */
const GRACE_FALLBACK_MS = 5000

/**
 * TERM, grace, KILL to everything of these services; nothing new starts in them. One on which others of them depend comes after
 * those. Resolves when all has ended; what was set of their limits is forgotten then.
 */
export async function endServices(context: DaemonContext, names: readonly string[]): Promise<void> {
  const { supervised, stopping } = context
  for (const name of names) supervised.get(name)?.halt()
  const dependencies = new Map([...supervised].map(([name, service]) => [name, service.dependencies]))
  for (let left = names; left.length > 0; ) {
    const next = outermost(left, dependencies)
    for (const name of next) stopping.add(name)
    await Promise.all(next.map(name => endService(context, name)))
    left = left.filter(name => !next.includes(name))
  }
  await context.limits.dropSet(names)
}

/** KILL to everything, at once. An order already being carried out is hastened. */
export async function killEverything(context: DaemonContext): Promise<void> {
  for (const supervised of context.supervised.values()) supervised.halt()
  await orQuietly(context, context.core.launcher.endAll(null, 0))
}

/** Ends what is left of a service without its root: what the policy ends is waited for, then every fork goes, and the keeper. */
export async function emptyService(context: DaemonContext, service: string): Promise<void> {
  const graceMs = graceOf(context, service)
  const exits = context.book.living(service).map(({ exited }) => exited.then(() => undefined))
  await within(graceMs + PATIENCE_MS, settleAll(exits))
  await orQuietly(context, context.core.launcher.endAll(service, graceMs))
}

/** Grace of a service between TERM and KILL, in ms. */
export function graceOf(context: DaemonContext, service: string): number {
  return context.core.limitsOf(service)?.graceMs ?? GRACE_FALLBACK_MS
}

async function endService(context: DaemonContext, service: string): Promise<void> {
  const { core, book, peripherals, underWay } = context
  const graceMs = graceOf(context, service)
  const deadline = performance.now() + graceMs + PATIENCE_MS
  // What was authorized before the order may be launched after the first look, so it looks until nothing is left.
  do {
    const processes = book.living(service)
    const news = processes.filter(process => process.state === 'running')
    for (const process of news) process.state = 'ending'
    if (news.length > 0) context.tell({ kind: 'ending', processes: news, reason: 'stop' })
    for (const { pid, parentPid } of news)
      if (parentPid === null) await persistIfPossible(() => core.order(pid, 'stop'))
    await orQuietly(context, core.launcher.endAll(service, graceMs))
    await peripherals.lookAgain(service)
    if (book.living(service).length === 0 && (underWay.get(service) ?? 0) === 0) return
    await delay(LOOK_MS)
  } while (performance.now() < deadline)
}

/** A process that cannot be ended is said so, and found again among the survivors. */
async function orQuietly(context: DaemonContext, ending: Promise<void>): Promise<void> {
  try {
    await ending
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error
    context.tell({ kind: 'trouble', message: error.message })
  }
}
