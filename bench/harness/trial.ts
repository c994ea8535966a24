/**
 * Trials: each measures once, in a process of its own, and says several figures by name. In turn within each round, as in
 * a contest; for what a process can suffer only once, or what must not be warm.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type Summary, summarize } from './statistics.js'

/** Longest a trial may take, in ms. */
const PATIENCE_MS = 180_000

/** One trial: the file of its process, and what it is told at its birth. */
export interface Trial {
  readonly name: string
  readonly file: URL
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
}

/** What one process measured, by name; the unit stands last in the name. */
export type Measured = Readonly<Record<string, number>>

/** What many rounds say together, by the same names. */
export type Summaries = Readonly<Record<string, Summary>>

type Said = { readonly measured: Measured } | { readonly failed: string }

/** Runs each trial `rounds` times. Summaries by the trial's name. */
export async function holdTrials(
  trials: readonly Trial[],
  rounds: number,
  onTrial: (name: string, round: number) => void,
): Promise<Map<string, Summaries>> {
  const measured = new Map<string, Measured[]>(trials.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const trial of trials) {
      onTrial(trial.name, round)
      measured.get(trial.name)?.push(await holdTrial(trial))
    }
  }
  return new Map([...measured].map(([name, list]) => [name, summarizeEach(list)]))
}

/** One trial, once. */
export async function holdTrial({ name, file, args, env = {}, execArgv = [] }: Trial): Promise<Measured> {
  const child = fork(file, args, {
    env: { ...process.env, ...env },
    execArgv: [...execArgv],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  try {
    return await heard(child, name)
  } finally {
    child.kill('SIGKILL')
  }
}

/**
 * The other side: measures, says so, and ends. It goes on though nobody waits any more (the bench has died, or a terminal's
 * Ctrl-C reached both), so that whoever starts processes comes to where he ends them.
 */
export async function tellOf(measure: () => Promise<Measured>): Promise<void> {
  process.on('SIGINT', () => undefined)
  let said: Said
  try {
    said = { measured: await measure() }
  } catch (error) {
    said = { failed: error instanceof Error ? String(error.stack) : String(error) }
  }
  if (process.connected) process.send?.(said, () => process.disconnect())
}

async function heard(child: ChildProcess, name: string): Promise<Measured> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(new Error(`trial ${name} is silent`)), PATIENCE_MS)
  const gone = once(child, 'exit', { signal: patience.signal }).then(([code, signal]) => {
    throw new Error(`trial ${name} ended (${signal ?? code}) before it said what it measured`)
  })
  gone.catch(() => undefined)
  const message = once(child, 'message', { signal: patience.signal })
  const [said] = (await Promise.race([message, gone]).finally(() => {
    clearTimeout(timer)
    patience.abort()
  })) as [Said]
  if ('failed' in said) throw new Error(`trial ${name} failed: ${said.failed}`)
  return said.measured
}

function summarizeEach(list: readonly Measured[]): Summaries {
  const names = Object.keys(list[0] ?? {})
  return Object.fromEntries(names.map(name => [name, summarize(list.map(measured => measured[name]))]))
}
