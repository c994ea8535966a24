/**
 * The process of a storm: `WAY STORM_MS SERVICES CHILDREN BALLAST_MIB`. Services fork to their limits, each asker as fast as
 * it may, while a bystander asks at a steady pace. The bystander's service lives in the same supervisor, whichever way the others fork.
 */

import { setTimeout as delay, setImmediate as yieldOnce } from 'node:timers/promises'
import { createSupervisor } from '../../src/index.js'
import { latenciesOf, latencyOf } from '../harness/latencies.js'
import { tell } from '../harness/one-answer.js'
import type { Measured } from '../harness/trial.js'
import { pausesOf } from './pauses.js'
import { openWay, type Way } from './ways.js'

/** How long an asker that was refused waits, in ms. */
const REFUSED_MS = 10
const QUIET_MS = 700
/** Between two questions of the bystander, in ms. */
const PACE_MS = 2
const MIB = 2 ** 20

const [wayName, ...sizes] = process.argv.slice(2)
const [stormMs, services, children, ballastMib] = sizes.map(Number)

void tell(async () => {
  const ballast = new Uint8Array(ballastMib * MIB).fill(1)
  const supervisor = createSupervisor()
  const names = Array.from({ length: services }, (_, index) => `svc-${index}`)
  for (const name of names) await supervisor.registerService(name, { children, rate: 'none' })
  await supervisor.registerService('bystander', { rate: 'none' })
  await supervisor.registerServicePid('bystander', process.pid)
  const ask = async () => {
    const answer = await supervisor.authorizeSpawn(process.pid, 'nobody')
    if (!answer.ok) throw new Error(`the bystander was refused: ${answer.message}`)
    supervisor.cast.releaseTicket(answer.ticket)
  }
  const way = openWay(wayName, supervisor)
  await listen(ask, () => delay(QUIET_MS / 2))
  const quiet = await listen(ask, () => delay(QUIET_MS))
  const storm = await listen(ask, () => rage(way, names, stormMs))
  await supervisor.close()
  if (ballast[0] === 0) throw new Error('the ballast was not loaded')
  return {
    spawnsPerSecond: storm.result.spawned / (storm.result.tookMs / 1000),
    refusedPerSecond: storm.result.refused / (storm.result.tookMs / 1000),
    mostAtOnce: storm.result.mostAtOnce,
    quietPauseP99Ms: quiet.pauses.p99Ms,
    pauseP50Ms: storm.pauses.p50Ms,
    pauseP99Ms: storm.pauses.p99Ms,
    pauseMaxMs: storm.pauses.maxMs,
    quietAuthorizeP99Ms: quiet.authorizeP99Ms,
    authorizeP99Ms: storm.authorizeP99Ms,
  } satisfies Measured
})

/** What the bystander and the event loop suffer while `work` goes on. */
async function listen<T>(ask: () => Promise<void>, work: () => Promise<T>) {
  let isOver = false
  const asking = latenciesOf(ask, PACE_MS, () => isOver)
  const { result, pauses } = await pausesOf(work)
  isOver = true
  return { result, pauses, authorizeP99Ms: latencyOf(await asking, 0.99) }
}

/** Every service forks to its limit for so many ms. @throws {Error} when one has more children than it may. */
async function rage(way: Way, names: readonly string[], forMs: number) {
  const begunMs = performance.now()
  const counts = { spawned: 0, refused: 0, mostAtOnce: 0, tookMs: 0 }
  // One more than may succeed, so that each service is at its limit and refused.
  const askers = way.isLimited ? children + 1 : children
  await Promise.all(
    names.map(async service => {
      let atOnce = 0
      const asker = async () => {
        while (performance.now() - begunMs < forMs) {
          // Else exits that Node hears in one turn, and the spawns that follow them, keep the loop from its timers for ever.
          await yieldOnce()
          const started = await way.start(service, '/bin/true', [])
          if (started === null) {
            counts.refused++
            await delay(REFUSED_MS)
            continue
          }
          counts.mostAtOnce = Math.max(counts.mostAtOnce, ++atOnce)
          await started.exited
          atOnce--
          counts.spawned++
        }
      }
      await Promise.all(Array.from({ length: askers }, asker))
    }),
  )
  counts.tookMs = performance.now() - begunMs
  if (counts.mostAtOnce > children) throw new Error(`a service had ${counts.mostAtOnce} children at once`)
  return counts
}
