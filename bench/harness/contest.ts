/**
 * A contest: contestants that do the same work, each in a process of its own (so that none is slower for what another
 * taught the compiler), in turn within each round (so that a slow minute of the machine is slow for all).
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { type Summary, summarize } from './statistics.js'

/** Longest a contestant may take to answer, in ms. */
const PATIENCE_MS = 300_000

/** One contestant: the file of its process, and what it is told at its birth. */
export interface Contestant {
  readonly name: string
  readonly file: URL
  readonly args: readonly string[]
  /** Least time between the end of one of its rounds and the beginning of the next, in ms. */
  readonly pauseMs?: number
}

/** What one round gives: a figure, or several by name. */
export type Figures = Readonly<Record<string, number>>

/** What a contestant's process says: `ready` once, then a figure for each `round` it is told to run. */
export type Said = { readonly ready: true } | { readonly figure: number | Figures } | { readonly failed: string }

/** Runs `rounds` rounds, after one to get warm. Figures by name. */
export async function contest(
  contestants: readonly Contestant[],
  rounds: number,
  onRound: (done: number) => void,
): Promise<Map<string, Summary>> {
  const heard = await run<number>(contestants, rounds, onRound)
  return new Map([...heard].map(([name, list]) => [name, summarize(list)]))
}

/** The same where each round gives several figures: by name of the contestant, then of the figure. */
export async function contestOfMany<T extends Figures>(
  contestants: readonly Contestant[],
  rounds: number,
  onRound: (done: number) => void,
): Promise<Map<string, Readonly<Record<keyof T, Summary>>>> {
  const heard = await run<T>(contestants, rounds, onRound)
  const summaries = [...heard].map(([name, list]) => {
    const names = Object.keys(list[0]) as (keyof T)[]
    const each = names.map(figure => [figure, summarize(list.map(round => round[figure] as number))])
    return [name, Object.fromEntries(each) as Record<keyof T, Summary>] as const
  })
  return new Map(summaries)
}

async function run<T extends number | Figures>(
  contestants: readonly Contestant[],
  rounds: number,
  onRound: (done: number) => void,
): Promise<Map<string, T[]>> {
  const running = new Map<string, ChildProcess>()
  const figures = new Map<string, T[]>()
  const endedMs = new Map<string, number>()
  try {
    for (const { name, file, args } of contestants) {
      const child = fork(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      running.set(name, child)
      figures.set(name, [])
      await heard(child, name)
    }
    for (let round = 0; round <= rounds; round++) {
      for (const { name, pauseMs = 0 } of contestants) {
        const child = running.get(name) as ChildProcess
        await delay(Math.max(0, (endedMs.get(name) ?? Number.NEGATIVE_INFINITY) + pauseMs - performance.now()))
        // One that has ended is heard of below.
        child.send('round', () => undefined)
        const figure = await heard(child, name)
        endedMs.set(name, performance.now())
        if (round > 0) figures.get(name)?.push(figure as T)
      }
      onRound(round)
    }
  } finally {
    for (const child of running.values()) child.kill('SIGKILL')
  }
  return figures
}

/** What a contestant says next; null for `ready`. */
async function heard(child: ChildProcess, name: string): Promise<number | Figures | null> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(new Error(`contestant ${name} is silent`)), PATIENCE_MS)
  const gone = once(child, 'exit', { signal: patience.signal }).then(([code, signal]) => {
    throw new Error(`contestant ${name} ended (${signal ?? code}) before it answered`)
  })
  gone.catch(() => undefined)
  const message = once(child, 'message', { signal: patience.signal })
  const [said] = (await Promise.race([message, gone]).finally(() => {
    clearTimeout(timer)
    patience.abort()
  })) as [Said]
  if ('failed' in said) throw new Error(`contestant ${name} failed: ${said.failed}`)
  return 'figure' in said ? said.figure : null
}

/** The other side: prepares, then runs a round whenever it is told to. For a contestant's process. */
export async function compete(prepare: () => Promise<() => Promise<number | Figures>>): Promise<void> {
  const say = (said: Said) => process.send?.(said)
  // Whoever ran the bench is gone.
  process.once('disconnect', () => process.exit())
  try {
    const round = await prepare()
    process.on('message', () => {
      round().then(
        figure => say({ figure }),
        (error: unknown) => say({ failed: String(error) }),
      )
    })
    say({ ready: true })
  } catch (error) {
    say({ failed: String(error) })
  }
}
