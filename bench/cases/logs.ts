/** Case `logs`: output of a service on its way into its log, beside the same through `cat > file`. */

import { hasKeeper } from '../../src/keeper/program.js'
import type { Case, CaseOptions } from '../harness/case.js'
import { percent, short, table, times } from '../harness/table.js'
import { holdTrials, type Summaries } from '../harness/trial.js'
import { WAYS } from '../logs/ways.js'

const FILE = new URL('../logs/contestant.js', import.meta.url)
const MB = 1e6
/** How long the steady writer writes, in s. */
const SECONDS = { quick: 1, grid: 3, full: 10 } as const

export const logs: Case = {
  name: 'logs',
  summary: 'output into log files: lines lost and CPU at 100 MB/s, and how fast it can go, beside cat > file',
  async run(options, progress) {
    if (!hasKeeper()) return { figures: [], text: ['', 'no keeper is built here, and portable mode writes no log'] }
    const figures: object[] = []
    const text: string[] = []
    const shapes = shapesOf(options)
    for (const [index, shape] of shapes.entries()) {
      const { bytesPerSecond, lineBytes, totalBytes } = shape
      const trials = Object.keys(WAYS).map(name => ({
        name,
        file: FILE,
        args: [name, String(totalBytes), String(bytesPerSecond), String(lineBytes)],
      }))
      const pace = bytesPerSecond === 0 ? 'as fast as they are taken' : `at ${bytesPerSecond / MB} MB/s`
      const title = `${totalBytes / MB} MB in lines of ${lineBytes} bytes, ${pace}`
      const summaries = await holdTrials(trials, options.rounds, (name, round) =>
        progress(
          `${title}, round ${round} of ${options.rounds}, ${name}`,
          (index + (round - 1) / options.rounds) / shapes.length,
        ),
      )
      for (const [way, measured] of summaries) figures.push({ ...shape, way, ...measured })
      text.push('', title, ...lines(summaries))
    }
    return { figures, text }
  },
}

function shapesOf({ size }: CaseOptions) {
  const totalBytes = 100 * MB * SECONDS[size]
  const steady = [100, 1000].map(lineBytes => ({ totalBytes, bytesPerSecond: 100 * MB, lineBytes }))
  return [...steady, { totalBytes, bytesPerSecond: 0, lineBytes: 100 }]
}

function lines(summaries: ReadonlyMap<string, Summaries>): string[] {
  const cat = summaries.get('cat > file')
  const rows = [...summaries].map(([way, said]) => [
    way,
    short(said.megabytesPerSecond.median),
    percent(said.megabytesPerSecond.spread),
    String(said.lostLines.median),
    `${(said.coreShare.median * 100).toFixed(0)} %`,
    short(said.cpuMsAMegabyte.median),
    times(said.cpuMsAMegabyte.median, cat?.cpuMsAMegabyte.median ?? Number.NaN),
  ])
  return table(['', 'MB/s', '+-', 'lines lost', 'of a core', 'CPU ms a MB', 'to cat'], rows)
}
