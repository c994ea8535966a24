/** Case `memory`: what a tracked child occupies, where, and what is left when all are gone. */

import type { Case } from '../harness/case.js'
import { short, table } from '../harness/table.js'
import { holdTrials } from '../harness/trial.js'

const FILE = new URL('../memory/contestant.js', import.meta.url)

/** What its trial says, and how a table calls it. */
const COLUMNS = {
  fullBytes: 'bytes a child beyond strings',
  tablesBytes: 'in tables',
  restBytes: 'elsewhere',
  peakBytes: 'most',
  emptyBytes: 'after all are gone',
  againBytes: 'filled again',
} as const

export const memory: Case = {
  name: 'memory',
  summary: 'resident bytes a child, beyond its strings, and after all are gone',
  async run({ size, rounds }, progress) {
    const populations = { quick: [100_000], grid: [10_000, 100_000, 1_000_000], full: [10_000, 100_000, 1_000_000] }[
      size
    ]
    const trials = populations.map(population => ({
      name: short(population),
      file: FILE,
      args: [String(population)],
      execArgv: ['--expose-gc'],
    }))
    const summaries = await holdTrials(trials, rounds, (name, round) =>
      progress(`${name} children, round ${round} of ${rounds}`, (round - 1) / rounds),
    )
    const said = populations.map(population => ({ population, ...summaries.get(short(population)) }))
    const rows = [...summaries].map(([population, figures]) => [
      population,
      ...Object.keys(COLUMNS).map(name => figures[name].median.toFixed(0)),
    ])
    return { figures: said, text: table(['children', ...Object.values(COLUMNS)], rows) }
  },
}
