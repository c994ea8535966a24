/**
 * The process of the exits: `WAY CHILDREN [EXITS]`. With so many children alive, one after another is killed: how long until its
 * exit is heard here, and what CPU that takes, of this process and of the one that reaps.
 */

import { setTimeout as delay } from 'node:timers/promises'
import { createSupervisor } from '../../src/index.js'
import { readIdentity } from '../../src/os/process.js'
import { latencyOf } from '../harness/latencies.js'
import { tell } from '../harness/one-answer.js'
import type { Measured } from '../harness/trial.js'
import { cpuUsOf } from './cpu.js'
import { openWay, type Started } from './ways.js'

const SERVICE = 'svc'
/** Killed one by one when nothing is said; as many again before, to get warm. */
const EXITS = 300
/** Between the exit of one and the end of the next, in ms. */
const PACE_MS = 2
/** A child ends by itself after so long, in seconds, should everybody who could end it be gone. */
const LIFE_S = 120

const [wayName, children, exits = EXITS] = process.argv.slice(2)

void tell(async () => {
  const kills = Number(exits)
  const count = Number(children) + 2 * kills
  const supervisor = createSupervisor()
  await supervisor.registerService(SERVICE, { children: count, descendants: count, rate: 'none' })
  const way = openWay(wayName, supervisor)
  const start = () => way.start(SERVICE, 'sleep', [String(LIFE_S)])
  const started = await Promise.all(Array.from({ length: count }, start))
  const victims = started.filter(one => one !== null)
  const parent = readIdentity(victims[0].pid)?.parentPid ?? process.pid
  await killEach(victims.slice(0, kills))
  const before = cpuUs(parent)
  const latencies = await killEach(victims.slice(kills, 2 * kills))
  const cpuUsAnExit = (cpuUs(parent) - before) / kills
  await way.end(SERVICE)
  await supervisor.close()
  return {
    noticedP50Ms: latencyOf(latencies, 0.5),
    noticedP99Ms: latencyOf(latencies, 0.99),
    cpuUsAnExit,
  } satisfies Measured
})

/** How long each exit took to be heard, in ms. */
async function killEach(victims: readonly Started[]): Promise<number[]> {
  const latencies: number[] = []
  for (const { pid, exited } of victims) {
    await delay(PACE_MS)
    const killedMs = performance.now()
    process.kill(pid, 'SIGKILL')
    await exited
    latencies.push(performance.now() - killedMs)
  }
  return latencies
}

function cpuUs(parent: number): number {
  return cpuUsOf(process.pid) + (parent === process.pid ? 0 : cpuUsOf(parent))
}
