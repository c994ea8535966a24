/**
 * The process of a bystander beside a fork bomb: `NAME NICE LISTEN_MS`. A daemon has services: one that does nothing, for which somebody
 * asks at a steady pace, and such that become fork bombs one after another, held by the kernel's `tasks`. Quiet and bomb take turns.
 */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '../../src/client/index.js'
import { runtimePaths } from '../../src/control/paths.js'
import { startDaemon } from '../../src/daemon/daemon.js'
import { createSink } from '../../src/daemon/output/sink.js'
import { chooseLauncher } from '../../src/launcher/choose.js'
import { createSupervisor } from '../../src/supervisor.js'
import { latenciesOf, latencyOf } from '../harness/latencies.js'
import { tell } from '../harness/one-answer.js'
import type { Measured } from '../harness/trial.js'

const TASKS = 100
/** Turns of each, quiet and bomb. */
const TURNS = 3
/** Between two questions, in ms. */
const PACE_MS = 2
/** Between two looks at how many tasks there are, in ms. */
const LOOK_MS = 20
/** What is left ends by itself after so long, in seconds, should everybody who could end it be gone. */
const LIFE_S = 120
/** How long a bomb may take to have all of its tasks, in ms. */
const GROWTH_MS = 30_000
/** How long its end may take, in ms. */
const PATIENCE_MS = 60_000

/**
 * The root of a bomb, from when its file is there. Shells that may not fork end, all of them at once now and then, so it is lit
 * again and again.
 */
const KINDLES = `
  const { spawn } = require('node:child_process')
  const light = () => spawn('sh', ['-c', 'b() { b | b & }; b'], { stdio: 'ignore' }).on('error', () => undefined)
  setInterval(() => require('node:fs').existsSync(process.argv[1]) && light(), 20)
  setTimeout(() => process.exit(), ${LIFE_S * 1000})`

const [, nice, listenMs] = process.argv.slice(2)

void tell(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-bystander-'))
  const paths = runtimePaths(join(folder, 'run'))
  const state = join(folder, 'state')
  for (const made of [paths.directory, state]) mkdirSync(made, { mode: 0o700 })
  const sink = createSink(new PassThrough().resume())
  const bombs = Array.from({ length: TURNS }, (_, turn) => ({ name: `bomb-${turn}`, go: join(folder, `go-${turn}`) }))
  const shared = {
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    cwd: folder,
    ttlMs: null,
    abandon: { keep: false, afterMs: 1000 },
  }
  const core = createSupervisor({ launcher: chooseLauncher(paths.directory) })
  try {
    const daemon = await startDaemon({
      core,
      services: [
        { ...shared, name: 'bystander', command: ['sleep', String(LIFE_S)], limits: { rate: 'none' } },
        ...bombs.map(({ name, go }) => ({
          ...shared,
          name,
          command: [process.execPath, '-e', KINDLES, go],
          limits: { tasks: TASKS },
          nice: Number(nice),
        })),
      ],
      paths,
      stateDirectory: state,
      environment: process.env,
      stdout: sink,
      stderr: sink,
      tell: () => undefined,
    })
    const { pid } = daemon.roots[0]
    const ask = async () => {
      const answer = await core.authorizeSpawn(pid, 'nobody')
      if (!answer.ok) throw new Error(`the bystander was refused: ${answer.message}`)
      core.cast.releaseTicket(answer.ticket)
    }
    const { groups } = daemon.context
    const client = connect({ socket: paths.controlSocket, timeoutMs: PATIENCE_MS })
    const said = await takeTurns(
      ask,
      bombs.map(({ name, go }) => ({
        counter: counterOf(groups.get(name)?.procs ?? []),
        begin: () => writeFileSync(go, ''),
        end: () => client.stop(name),
      })),
    )
    await daemon.stop()
    await daemon.ended
    return said
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** A service that becomes a bomb when it is told. */
interface Bomb {
  /** The file in which the kernel counts its tasks. */
  readonly counter: string
  begin(): void
  end(): Promise<unknown>
}

async function takeTurns(ask: () => Promise<void>, bombs: readonly Bomb[]): Promise<Measured> {
  const quiet: number[] = []
  const beside: number[] = []
  let mostTasks = 0
  let refusedForks = 0
  await listen(ask, () => undefined)
  for (const { counter, begin, end } of bombs) {
    const look = () => {
      const tasks = settled(counter)
      mostTasks = Math.max(mostTasks, tasks)
      if (tasks > TASKS) throw new Error(`the bomb has ${tasks} tasks of ${TASKS}`)
      return tasks
    }
    quiet.push(...(await listen(ask, look)))
    begin()
    await until('the kernel refuses it a fork', () => refusals(counter) > 0)
    beside.push(...(await listen(ask, look)))
    refusedForks += refusals(counter)
    await end()
    await until('the group of the bomb goes', () => !existsSync(counter))
  }
  return {
    quietAuthorizeP50Ms: latencyOf(quiet, 0.5),
    quietAuthorizeP99Ms: latencyOf(quiet, 0.99),
    authorizeP50Ms: latencyOf(beside, 0.5),
    authorizeP99Ms: latencyOf(beside, 0.99),
    mostTasks,
    refusedForks,
  }
}

async function listen(ask: () => Promise<void>, look: () => unknown): Promise<number[]> {
  let isOver = false
  const asking = latenciesOf(ask, PACE_MS, () => isOver)
  const endMs = performance.now() + Number(listenMs)
  while (performance.now() < endMs) {
    look()
    await delay(LOOK_MS)
  }
  isOver = true
  return asking
}

/** The file in which the kernel counts the tasks of the group. */
function counterOf(procs: readonly string[]): string {
  const counter = procs.map(file => join(dirname(file), 'pids.current')).find(existsSync)
  if (counter === undefined) throw new Error('the kernel does not hold `tasks` here; espalier doctor says why')
  return counter
}

/** The least of some reads in a row: the kernel counts a fork before it refuses it, and takes that back. */
function settled(counter: string): number {
  return Math.min(...Array.from({ length: 5 }, () => Number(readFileSync(counter, 'latin1'))))
}

/** How often the kernel refused a fork in the group. */
function refusals(counter: string): number {
  const text = readFileSync(join(dirname(counter), 'pids.events'), 'latin1')
  return Number(/^max (\d+)$/m.exec(text)?.[1] ?? 0)
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + GROWTH_MS
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(`not seen within ${GROWTH_MS} ms: ${what}`)
    await delay(LOOK_MS)
  }
}
