/** A plan as lines for people. */

import type { Change, ServicePlan } from '../plan/replay.js'
import { harmless } from '../terminal/harmless.js'
import { clockText } from './end-words.js'

export interface PlanReport {
  readonly config: string
  /** Unix ms of the first event; null: nothing was recorded. */
  readonly since: number | null
  readonly plans: readonly ServicePlan[]
  /** Services that were recorded and are not in the config. */
  readonly leftOut: readonly string[]
}

/** What would change, service by service; safe for a terminal. */
export function planLines({ config, since, plans, leftOut }: PlanReport): readonly string[] {
  const name = harmless(config)
  if (since === null) return ['nothing was recorded in that time']
  return [
    `requests since ${clockText(since)}, asked again under the limits of ${name}`,
    ...plans.flatMap(linesOf),
    ...(leftOut.length === 0 ? [] : [`not in ${name}, left out: ${leftOut.join(', ')}`]),
  ]
}

function linesOf(plan: ServicePlan): readonly string[] {
  const { service, granted, refused, unasked } = plan
  const lost = sum(plan.newlyRefused)
  const won = sum(plan.newlyGranted)
  const isSame = lost + won + unasked === 0
  return [
    `${service}: granted ${granted}, refused ${refused}${isSame ? ', nothing would change' : ''}`,
    ...(isSame ? [] : [`  now      granted ${plan.grantedNow}`]),
    ...(lost === 0 ? [] : [`  refused  ${lost} more: ${countsText(plan.newlyRefused)}`, firstLine(plan.firstRefused)]),
    ...(won === 0
      ? []
      : [`  granted  ${won} more, refused then: ${countsText(plan.newlyGranted)}`, firstLine(plan.firstGranted)]),
    ...(unasked === 0 ? [] : [`  unasked  ${unasked} came from processes that would not have run`]),
    `  at once  ${plan.peakNow} children, then ${plan.peakThen}`,
  ]
}

function firstLine(change: Change | null): string {
  if (change === null) return ''
  const { at, childName, parentPid, message } = change
  return harmless(`  first    ${clockText(at)} ${childName} below ${parentPid}: ${message}`)
}

function countsText(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([code, many]) => `${code} ${many}`).join(', ')
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, one) => total + one, 0)
}
