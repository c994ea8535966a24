/** Case `meter`: what a round of metering takes of CPU, by how many processes there are, beside `pidusage`. */

import type { Case } from '../harness/case.js'
import { percent, short, table } from '../harness/table.js'
import { holdTrials } from '../harness/trial.js'
import { PIDUSAGE, RESTING, SUMMED } from '../meter/ways.js'

const FILE = new URL('../meter/contestant.js', import.meta.url)
const WAYS = [RESTING, SUMMED, PIDUSAGE]
const POPULATIONS = [1000, 5000]
/** Rounds of metering in one trial. */
const ROUNDS = { quick: 20, grid: 40, full: 100 } as const

export const meter: Case = {
  name: 'meter',
  summary: 'CPU of a round of metering: 1000 and 5000 processes that sleep',
  async run({ size, rounds }, progress) {
    const figures: object[] = []
    const text: string[] = []
    for (const [index, processes] of POPULATIONS.entries()) {
      const trials = WAYS.map(name => ({ name, file: FILE, args: [name, String(processes), String(ROUNDS[size])] }))
      const summaries = await holdTrials(trials, rounds, (name, round) =>
        progress(
          `${processes} processes, round ${round} of ${rounds}, ${name}`,
          (index + (round - 1) / rounds) / POPULATIONS.length,
        ),
      )
      for (const [way, measured] of summaries) figures.push({ processes, way, ...measured })
      const rows = [...summaries].map(([way, { roundMs, roundMaxMs, coreShare }]) => [
        way,
        short(roundMs.median),
        percent(roundMs.spread),
        short(roundMaxMs.median),
        `${(coreShare.median * 100).toFixed(2)} %`,
      ])
      const title = `${processes} sleeping processes, all measured, forks looked for; the share is at the period of 500 ms`
      text.push('', title, ...table(['', 'CPU ms a round', '+-', 'most', 'of a core'], rows))
    }
    return { figures, text }
  },
}
