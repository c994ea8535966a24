/**
 * The process of one contestant: `WAY STORMERS MS`. A quiet service asks now and then for so long; then again while as many callers
 * of another service ask without a pause.
 */

import { setTimeout as delay } from 'node:timers/promises'
import { compete } from '../harness/contest.js'
import { quantile } from '../harness/statistics.js'
import { WAYS } from '../lifecycle/ways.js'
import { type Authority, CHILD_NAME, LIMITS } from '../lifecycle/workload.js'

/** What a round says, in us. */
export type Round = {
  readonly aloneP50Us: number
  readonly aloneP99Us: number
  readonly stormP50Us: number
  readonly stormP99Us: number
}

const QUIET = 'quiet'
const STORM = 'storm'
const QUIET_PID = 1
/** Parents of the storm; ten a second each, the rest is refused. */
const STORM_PARENTS = 100
/** The quiet one asks this often, in ms. */
const PAUSE_MS = 2

const [way, stormers, durationMs] = process.argv.slice(2)

void compete(async () => {
  const authority = WAYS[way](false)
  await authority.register(QUIET, { ...LIMITS, rate: 'none' })
  await authority.register(STORM, LIMITS)
  await authority.registerRoot(QUIET, QUIET_PID)
  for (let parent = 0; parent < STORM_PARENTS; parent++) await authority.registerRoot(STORM, 2 + parent)
  return async () => {
    const alone = await quietly(authority)
    let isOver = false
    const storming = async (_: unknown, at: number) => {
      for (let turn = at; !isOver; turn++) {
        const answer = await authority.authorize(2 + (turn % STORM_PARENTS), CHILD_NAME)
        if (answer.ok) authority.release(answer.ticket)
      }
    }
    const storm = Promise.all(Array.from({ length: Number(stormers) }, storming))
    const stormy = await quietly(authority)
    isOver = true
    await storm
    return {
      aloneP50Us: quantile(alone, 0.5),
      aloneP99Us: quantile(alone, 0.99),
      stormP50Us: quantile(stormy, 0.5),
      stormP99Us: quantile(stormy, 0.99),
    } satisfies Round
  }
})

/** How long each answer took, in us, ascending. */
async function quietly(authority: Authority): Promise<number[]> {
  const tookUs: number[] = []
  const endMs = performance.now() + Number(durationMs)
  while (performance.now() < endMs) {
    await delay(PAUSE_MS)
    const begunMs = performance.now()
    const answer = await authority.authorize(QUIET_PID, CHILD_NAME)
    tookUs.push((performance.now() - begunMs) * 1000)
    if (!answer.ok) throw new Error(`the quiet service was refused: ${answer.message}`)
    authority.release(answer.ticket)
  }
  return tookUs.sort((a, b) => a - b)
}
