/** Case `fork-storm`: real processes, as many and as fast as they may, through each launcher and beside what others do. */

import { LAUNCHER_VARIABLE, launchers } from '../fork-storm/launchers.js'
import { BARE } from '../fork-storm/ways.js'
import type { Case, CaseOptions } from '../harness/case.js'
import { INSTALL_PEERS, peerPath } from '../harness/peers.js'
import { short, table, times } from '../harness/table.js'
import { holdTrials, type Summaries, type Trial } from '../harness/trial.js'

/** One line of the grid: trials that stand in one table. */
interface Line {
  readonly what: 'storm' | 'population'
  /** MiB of buffers in the process that spawns, or children to bring up. */
  readonly size: number
  readonly trials: readonly Trial[]
}

const STORM = new URL('../fork-storm/storm.js', import.meta.url)
const POPULATION = new URL('../fork-storm/population.js', import.meta.url)
const PM2 = new URL('../fork-storm/pm2.js', import.meta.url)
/** What everything else is compared with. */
const [BASELINE] = Object.keys(BARE)
const BALLAST_MIB = 1024

export const forkStorm: Case = {
  name: 'fork-storm',
  summary: 'real processes: spawns a second, pauses of the loop, a bystander; many up and down, beside pm2',
  async run(options, progress) {
    const lines = linesOf(options)
    const figures = []
    const text: string[] = []
    for (const line of lines) {
      const summaries = await holdTrials(line.trials, options.rounds, (name, round) =>
        progress(`${describe(line)}, round ${round} of ${options.rounds}, ${name}`),
      )
      for (const [way, measured] of summaries) figures.push({ what: line.what, size: line.size, way, ...measured })
      text.push('', describe(line), ...(line.what === 'storm' ? stormTable(summaries) : populationTable(summaries)))
    }
    if (!isPm2There()) text.push('', `pm2 is not installed, so it is not in the table: ${INSTALL_PEERS}`)
    return { figures, text }
  },
}

function linesOf({ size }: CaseOptions): Line[] {
  const ballasts = { quick: [0], grid: [0], full: [0, BALLAST_MIB] }[size]
  const populations = { quick: [100], grid: [500], full: [100, 500] }[size]
  const stormMs = { quick: 1_000, grid: 1_500, full: 4_000 }[size]
  const bare = size === 'full' ? Object.keys(BARE) : [BASELINE]
  const trial = (name: string, file: URL, ...args: readonly number[]): Trial => ({
    name,
    file,
    args: [name, ...args.map(String)],
    // The bystander of a bare way lives in a supervisor too.
    env: { [LAUNCHER_VARIABLE]: launchers().includes(name) ? name : launchers()[0] },
  })
  const storms = ballasts.map((ballast): Line => {
    const trials = [...launchers(), ...bare].map(name => trial(name, STORM, stormMs, ballast))
    return { what: 'storm', size: ballast, trials }
  })
  return [
    ...storms,
    ...populations.map((children): Line => {
      const trials = [...launchers(), BASELINE].map(name => trial(name, POPULATION, children))
      const pm2 = { name: 'pm2', file: PM2, args: [String(children)] }
      return { what: 'population', size: children, trials: isPm2There() ? [...trials, pm2] : trials }
    }),
  ]
}

function isPm2There(): boolean {
  return peerPath('pm2') !== null
}

function stormTable(summaries: ReadonlyMap<string, Summaries>): string[] {
  const base = summaries.get(BASELINE)?.spawnsPerSecond.median ?? Number.NaN
  const head = ['', 'spawns/s', '+-', 'to bare', 'pause p50', 'p99', 'max', 'quiet', 'bystander p99', 'quiet']
  const rows = [...summaries].map(([way, said]) => [
    way,
    short(said.spawnsPerSecond.median),
    `${(said.spawnsPerSecond.spread * 100).toFixed(0)} %`,
    times(said.spawnsPerSecond.median, base),
    ...['pauseP50Ms', 'pauseP99Ms', 'pauseMaxMs', 'quietPauseP99Ms', 'authorizeP99Ms', 'quietAuthorizeP99Ms'].map(
      name => short(said[name].median),
    ),
  ])
  return table(head, rows)
}

function populationTable(summaries: ReadonlyMap<string, Summaries>): string[] {
  const pm2 = summaries.get('pm2')
  const rows = [...summaries].map(([way, { upMs, downMs }]) => [
    way,
    short(upMs.median),
    `${(upMs.spread * 100).toFixed(0)} %`,
    times(pm2?.upMs.median ?? Number.NaN, upMs.median),
    short(downMs.median),
    `${(downMs.spread * 100).toFixed(0)} %`,
    times(pm2?.downMs.median ?? Number.NaN, downMs.median),
  ])
  return table(['', 'up ms', '+-', 'pm2 takes', 'down ms', '+-', 'pm2 takes'], rows)
}

function describe({ what, size }: Line): string {
  if (what === 'population') return `${size} sleeping children of one service brought up, then down`
  const ballast = size === 0 ? '' : `, ${size} MiB of buffers in the process that spawns`
  return `20 services of 5 children fork /bin/true at their limits${ballast}; ms`
}
