/** The process of the case `memory`: fills a service with `POPULATION` children, empties it, and fills it again. */

import { createSupervisor } from '../../src/index.js'

/** What it says: resident bytes of the whole process. */
export interface Occupied {
  readonly before: number
  readonly full: number
  readonly empty: number
  readonly again: number
  /** Bytes of the strings of one child. */
  readonly strings: number
}

const NAME = 'worker-agent'
const COMMAND = '/usr/bin/agent --job'
const CHURN = 400_000
const population = Number(process.argv[2])

const supervisor = createSupervisor({ hosts: 1 })
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
await eachPid(pid => supervisor.cast.recordSpawn(1, { name: NAME, pid, command: COMMAND }))
const full = await resident()
await eachPid(pid => supervisor.cast.recordSpawnExit(pid, { exitCode: 0 }))
const empty = await resident()
await eachPid(pid => supervisor.cast.recordSpawn(1, { name: NAME, pid, command: COMMAND }))
const again = await resident()
process.send?.({ before, full, empty, again, strings: NAME.length + COMMAND.length } satisfies Occupied)
await supervisor.close()

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
