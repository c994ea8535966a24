/**
 * The process of the case `memory`: fills a service with `POPULATION` children, empties it, and fills it again. It says
 * resident bytes of the whole process a child, so what was allocated and never touched does not count, and what was given
 * up but is not yet collected does: nobody else collects it either.
 */

import { PidTable } from '../../actors/pids.js'
import { TEXT_INTS } from '../../actors/tree/buffers.js'
import { PID_MAX } from '../../protocol/ids.js'
import { ROW_INTS } from '../../protocol/lane/rows.js'
import { createSupervisor } from '../../src/index.js'
import { tell } from '../harness/one-answer.js'

const NAME = 'worker-agent'
const COMMAND = '/usr/bin/agent --job'
const CHURN = 400_000
const population = Number(process.argv[2])

/** Bytes of a child's strings, which are its own and not ours. */
const STRINGS = NAME.length + COMMAND.length
/** Bytes that a child takes in the tables: its row, its text and its cell of the pid table. */
const TABLES = (ROW_INTS + TEXT_INTS) * Int32Array.BYTES_PER_ELEMENT + PidTable.bytes() / (PID_MAX + 1)
const KIB = 1024

const supervisor = createSupervisor({ hosts: 1 })

void tell(async () => {
  const limits = { children: 4_000_000, descendants: 4_000_000, rate: 'none', keepExited: 0 } as const
  await supervisor.registerService('svc', limits)
  await supervisor.registerServicePid('svc', 1)
  // The heaps of both threads reach their working size on a few children; what grows from here is theirs.
  for (let i = 0; i < CHURN; i++) {
    const pid = 2 + (i % 1000)
    supervisor.cast.recordSpawn(1, { name: NAME, pid, command: COMMAND })
    supervisor.cast.recordSpawnExit(pid, { exitCode: 0 })
    if (i % 5_000 === 0) await supervisor.activeChildCount()
  }
  const before = await resident()
  const aChild = (bytes: number) => (bytes - before) / population
  await eachPid(pid => supervisor.cast.recordSpawn(1, { name: NAME, pid, command: COMMAND }))
  const peak = process.resourceUsage().maxRSS * KIB
  const full = await resident()
  await eachPid(pid => supervisor.cast.recordSpawnExit(pid, { exitCode: 0 }))
  const empty = await resident()
  await eachPid(pid => supervisor.cast.recordSpawn(1, { name: NAME, pid, command: COMMAND }))
  const again = await resident()
  await supervisor.close()
  return {
    fullBytes: aChild(full) - STRINGS,
    tablesBytes: TABLES - STRINGS,
    restBytes: aChild(full) - TABLES,
    peakBytes: aChild(peak) - STRINGS,
    emptyBytes: aChild(empty),
    againBytes: aChild(again) - STRINGS,
  }
})

async function eachPid(cast: (pid: number) => void): Promise<void> {
  for (let pid = 2; pid < population + 2; pid++) {
    cast(pid)
    if (pid % 5_000 === 0) await supervisor.activeChildCount()
  }
  await supervisor.activeChildCount()
}

/** After garbage has gone; the bench runs this file with `--expose-gc`. */
async function resident(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return process.memoryUsage().rss
}
