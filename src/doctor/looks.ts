/** The audit of a running daemon: what look after look says the same disagrees. */

import { setTimeout as delay } from 'node:timers/promises'
import { type Disagreement, judge, type Look } from './audit.js'

/** Looks until something counts as a disagreement. */
export const LOOKS = 5

/** Between two looks, in ms: longer than the meter's period, so that each sees another round of it. */
const BETWEEN_MS = 600

export interface Audit {
  readonly services: number
  readonly processes: number
  readonly keepers: number
  /** 1 when the first agreed. */
  readonly looks: number
  /** Services of whose output the disk did not take all: no disagreement, and nothing that a look can mend. */
  readonly lost: readonly { readonly service: string; readonly lines: number }[]
  /** As the last look says them. */
  readonly disagreements: readonly Disagreement[]
}

/** Looks again while the same disagreement is there, `LOOKS` times at most; `betweenMs` is for tests. */
export async function audit(look: () => Promise<Look>, betweenMs: number = BETWEEN_MS): Promise<Audit> {
  let seen = await look()
  let left = judge(seen)
  let looks = 1
  for (; left.length > 0 && looks < LOOKS; looks++) {
    await delay(betweenMs)
    seen = await look()
    const before = new Set(left.map(({ key }) => key))
    left = judge(seen).filter(({ key }) => before.has(key))
  }
  const { services, processes, keepers } = seen
  return {
    services: services.length,
    processes: processes.length,
    keepers: keepers.length,
    looks,
    lost: services.filter(one => one.linesLost > 0).map(({ name, linesLost }) => ({ service: name, lines: linesLost })),
    disagreements: left,
  }
}
