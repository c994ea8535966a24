/**
 * Trials: each measures once, in a process of its own, and says several figures by name. In turn within each round, as in
 * a contest; for what a process can suffer only once, or what must not be warm.
 */

import { hear, type Question } from './one-answer.js'
import { type Summary, summarize } from './statistics.js'

/** One trial: the process that measures. */
export type Trial = Question

/** What one process measured, by name; the unit stands last in the name. */
export type Measured = Readonly<Record<string, number>>

/** What many rounds say together, by the same names. */
export type Summaries = Readonly<Record<string, Summary>>

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
export function holdTrial({ name, ...told }: Trial): Promise<Measured> {
  return hear<Measured>({ name: `trial ${name}`, ...told })
}

function summarizeEach(list: readonly Measured[]): Summaries {
  const names = Object.keys(list[0] ?? {})
  return Object.fromEntries(names.map(name => [name, summarize(list.map(measured => measured[name]))]))
}
