/** Case `host-loss`: a host thread dies with many children on it; how long its callers wait, and who else notices. */

import type { Case, CaseOptions } from '../harness/case.js'
import { percent, short, table } from '../harness/table.js'
import { holdTrials, type Summaries } from '../harness/trial.js'
import { DEATHS, type Death } from '../host-loss/mortal.js'

const FILE = new URL('../host-loss/contestant.js', import.meta.url)

/** What each death is, for people. */
const SAYS: Readonly<Record<Death, string>> = {
  throw: 'an uncaught error',
  exit: 'process.exit',
  memory: 'out of memory',
  terminate: 'ended from outside',
}

export const hostLoss: Case = {
  name: 'host-loss',
  summary: 'a host dies with 100k children on it: until its calls fail, until it answers, what the other host suffers',
  async run(options, progress) {
    const { children, deaths } = shapeOf(options)
    const trials = deaths.map(how => ({ name: SAYS[how], file: FILE, args: [how, String(children)] }))
    const summaries = await holdTrials(trials, options.rounds, (name, round) =>
      progress(`${name}, round ${round} of ${options.rounds}`, (round - 1) / options.rounds),
    )
    const figures = [...summaries].map(([death, measured]) => ({ children, death, ...measured }))
    const head = ['', 'calls failed', '+-', 'answers again', '+-', 'calls lost', 'other p99 before', 'during', 'max']
    const text = [
      '',
      `${short(children)} children on the host that dies; ms since its last answer`,
      ...table(head, [...summaries].map(rowOf)),
      ...(deaths.includes('memory') ? ['', 'out of memory: the 512 MiB of a heap fill first, in silence'] : []),
    ]
    return { figures, text }
  },
}

/** A look leaves out the death that takes seconds: filling a heap. */
function shapeOf({ size }: CaseOptions): { readonly children: number; readonly deaths: readonly Death[] } {
  if (size === 'quick') return { children: 10_000, deaths: DEATHS.filter(how => how !== 'memory') }
  return { children: 100_000, deaths: DEATHS }
}

function rowOf([death, said]: [string, Summaries]): string[] {
  return [
    death,
    short(said.failedMs.median),
    percent(said.failedMs.spread),
    short(said.answeredMs.median),
    percent(said.answeredMs.spread),
    short(said.callsLost.median),
    short(said.otherBeforeP99Ms.median),
    short(said.otherDuringP99Ms.median),
    short(said.otherDuringMaxMs.median),
  ]
}
