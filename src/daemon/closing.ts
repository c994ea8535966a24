/** The end of a run: the last output, and the supervisor put away. Each step has a bound. */

import type { Core } from '../core.js'
import { persistIfPossible } from '../persist.js'
import type { DaemonContext, ServiceRun } from './context.js'

/** How long the last output may take to arrive after the last exit, in ms: a fork may hold the pipe open for ever. */
const OUTPUT_TAIL_MS = 1000

/** How long closing the supervisor may take beyond the longest grace, in ms. */
const CLOSE_MS = 15_000

/** What the last processes wrote is still in their pipes when they have ended. */
export async function finishOutput(context: DaemonContext): Promise<void> {
  await within(OUTPUT_TAIL_MS, Promise.all([...context.relays].map(relay => relay.done)))
  for (const relay of context.relays) relay.cut()
}

/** Closing ends what undeclared forks are left in the groups of those that were launched. It must not hang the run. */
export async function closeCore(core: Core, services: readonly ServiceRun[]): Promise<void> {
  const graces = services.map(service => core.limitsOf(service.name)?.graceMs ?? 0)
  await within(
    Math.max(...graces) + CLOSE_MS,
    persistIfPossible(() => core.close()),
  )
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(settle => {
    timer = setTimeout(settle, ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
