/**
 * The process of a host's death: `DEATH CHILDREN`. Callers ask host 0 without pause while it dies with so many children on
 * it, and one caller asks host 1. Silence begins with the last answer that host 0 gave.
 */

import { EspalierError } from '../../protocol/failures.js'
import type { Supervisor } from '../../src/index.js'
import { latenciesOf, latencyOf } from '../harness/latencies.js'
import { tell } from '../harness/one-answer.js'
import { type Death, openMortal } from './mortal.js'
import { Watch } from './watch.js'

const CHILD_NAME = 'worker-agent'
const COMMAND = '/usr/bin/agent --job'
/** Children of each root on the host that dies: as many as its rate allows at once. */
const CHILDREN_A_ROOT = 10
/** Roots that callers ask for, one each; they have no rate. */
const CALLERS = 64
const BEFORE_MS = 300
/** Longest that the successor may take, in ms. */
const PATIENCE_MS = 60_000
/** Casts between two fences. */
const BATCH = 5_000

const [how, children] = process.argv.slice(2)

void tell(async () => {
  const population = Number(children)
  const watch = new Watch()
  const { supervisor, aim } = openMortal(() => watch.died())
  const pids = await fill(supervisor, population)
  const bystander = () => askOnce(supervisor, pids.bystander)

  await during(BEFORE_MS, isOver => latenciesOf(bystander, 0, isOver))
  const before = await during(BEFORE_MS, isOver => latenciesOf(bystander, 0, isOver))

  const shoot = await aim(0, how as Death)
  const callers = pids.callers.map(pid => keepAsking(supervisor, pid, watch))
  const other = latenciesOf(bystander, 0, () => watch.isAnswered)
  watch.ordered()
  shoot()
  const [latencies] = await Promise.all([other, ...callers])

  const tree = await supervisor.getSpawnTree(pids.callers[0])
  const kept = await supervisor.activeChildCount('svc')
  if (tree === null || kept !== population) throw new Error(`${kept} of ${population} children are left`)
  await supervisor.close()
  return {
    heardMs: watch.heardMs - watch.silentMs,
    failedMs: watch.failedMs - watch.silentMs,
    answeredMs: watch.answeredMs - watch.silentMs,
    callsLost: watch.lost,
    otherBeforeP99Ms: latencyOf(before, 0.99),
    otherDuringP99Ms: latencyOf(latencies, 0.99),
    otherDuringMaxMs: latencyOf(latencies, 1),
    otherDuringCalls: latencies.length,
  }
})

/** Asks host 0 until its successor has answered. */
async function keepAsking(supervisor: Supervisor, pid: number, watch: Watch): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS
  while (!watch.isAnswered) {
    if (performance.now() > deadlineMs) throw new Error(`host 0 has no successor that answers in ${PATIENCE_MS} ms`)
    const isSuccessor = watch.isDead
    try {
      await askOnce(supervisor, pid)
      watch.answered(isSuccessor)
    } catch (error) {
      if (!(error instanceof EspalierError) || error.code !== 'host_lost') throw error
      watch.failed()
    }
  }
}

async function askOnce(supervisor: Supervisor, pid: number): Promise<void> {
  const answer = await supervisor.authorizeSpawn(pid, CHILD_NAME)
  if (!answer.ok) throw new Error(`refused: ${answer.message}`)
  supervisor.cast.releaseTicket(answer.ticket)
}

/** Services in turn on host 0 and host 1: the children, the bystander, and those whose calls are in flight. */
async function fill(supervisor: Supervisor, population: number) {
  const many = 4e6
  await supervisor.registerService('svc', { children: many, descendants: many })
  await supervisor.registerService('bystander', { rate: 'none' })
  await supervisor.registerService('callers', { rate: 'none' })
  let pid = 1
  const roots = Array.from({ length: Math.ceil(population / CHILDREN_A_ROOT) }, () => pid++)
  await Promise.all(roots.map(root => supervisor.registerServicePid('svc', root)))
  for (let i = 0; i < population; i++) {
    supervisor.cast.recordSpawn(roots[i % roots.length], { name: CHILD_NAME, pid: pid++, command: COMMAND })
    if (i % BATCH === 0) await supervisor.activeChildCount()
  }
  const bystander = pid++
  await supervisor.registerServicePid('bystander', bystander)
  const callers = Array.from({ length: CALLERS }, () => pid++)
  for (const caller of callers) await supervisor.registerServicePid('callers', caller)
  return { bystander, callers }
}

function during<T>(ms: number, work: (isOver: () => boolean) => Promise<T>): Promise<T> {
  const endMs = performance.now() + ms
  return work(() => performance.now() > endMs)
}
