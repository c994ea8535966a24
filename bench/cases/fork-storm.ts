/** Case `fork-storm`: real processes, as many and as fast as they may, through each launcher and beside what others do. */

import { BASELINE, isPm2There, type Line, linesOf } from '../fork-storm/lines.js'
import type { Case } from '../harness/case.js'
import { INSTALL_PEERS } from '../harness/peers.js'
import { short, table, times } from '../harness/table.js'
import { holdTrials, type Summaries } from '../harness/trial.js'

export const forkStorm: Case = {
  name: 'fork-storm',
  summary: 'real processes: spawns a second, pauses of the loop, a bystander; many up and down, beside pm2',
  async run(options, progress) {
    const figures = []
    const text: string[] = []
    for (const { shape, trials } of linesOf(options)) {
      const title = describe(shape)
      const summaries = await holdTrials(trials, options.rounds, (name, round) =>
        progress(`${title}, round ${round} of ${options.rounds}, ${name}`),
      )
      for (const [way, measured] of summaries) figures.push({ ...shape, way, ...measured })
      text.push('', title, ...(shape.what === 'storm' ? stormTable(summaries) : populationTable(summaries)))
    }
    if (!isPm2There()) text.push('', `pm2 is not installed, so it is not in the table: ${INSTALL_PEERS}`)
    return { figures, text }
  },
}

function describe(shape: Line['shape']): string {
  if (shape.what === 'population') return `${shape.children} sleeping children of one service brought up, then down`
  const { services, children, ballastMib } = shape
  const ballast = ballastMib === 0 ? '' : `, ${ballastMib} MiB of buffers in the process that spawns`
  return `${services} services of ${children} children fork /bin/true at their limits${ballast}; ms`
}

function stormTable(summaries: ReadonlyMap<string, Summaries>): string[] {
  const base = summaries.get(BASELINE)?.spawnsPerSecond.median ?? Number.NaN
  const head = ['', 'spawns/s', '+-', 'to bare', 'pause p50', 'p99', 'max', 'quiet', 'bystander p99', 'quiet']
  const rows = [...summaries].map(([way, said]) => [
    way,
    short(said.spawnsPerSecond.median),
    percent(said.spawnsPerSecond.spread),
    times(said.spawnsPerSecond.median, base),
    short(said.pauseP50Ms.median),
    short(said.pauseP99Ms.median),
    short(said.pauseMaxMs.median),
    short(said.quietPauseP99Ms.median),
    short(said.authorizeP99Ms.median),
    short(said.quietAuthorizeP99Ms.median),
  ])
  return table(head, rows)
}

function populationTable(summaries: ReadonlyMap<string, Summaries>): string[] {
  const pm2 = summaries.get('pm2')
  const rows = [...summaries].map(([way, { upMs, downMs }]) => [
    way,
    short(upMs.median),
    percent(upMs.spread),
    times(pm2?.upMs.median ?? Number.NaN, upMs.median),
    short(downMs.median),
    percent(downMs.spread),
    times(pm2?.downMs.median ?? Number.NaN, downMs.median),
  ])
  return table(['', 'up ms', '+-', 'pm2 takes', 'down ms', '+-', 'pm2 takes'], rows)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
