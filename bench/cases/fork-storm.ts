/** Case `fork-storm`: real processes, as many and as fast as they may, through each launcher and beside what others do. */

import { IN_MEMORY } from '../fork-storm/kept-ways.js'
import { AT_MOST, BASELINE, isPm2There, type Line, linesOf, PEACEFUL } from '../fork-storm/lines.js'
import type { Case } from '../harness/case.js'
import { INSTALL_PEERS } from '../harness/peers.js'
import { percent, short, table, times } from '../harness/table.js'
import { holdTrials, type Summaries } from '../harness/trial.js'

/** What a storm does to who shares the loop, as its table has it. */
const LOOP_FIGURES = [
  'pauseP50Ms',
  'pauseP99Ms',
  'pauseMaxMs',
  'quietPauseP99Ms',
  'authorizeP99Ms',
  'quietAuthorizeP99Ms',
] as const

export const forkStorm: Case = {
  name: 'fork-storm',
  summary: 'real processes: spawns a second, pauses of the loop, a bystander; many up and down, beside pm2',
  async run(options, progress) {
    const figures = []
    const text: string[] = []
    const all = linesOf(options)
    for (const [index, { shape, trials }] of all.entries()) {
      const title = describe(shape)
      const summaries = await holdTrials(trials, options.rounds, (name, round) =>
        progress(
          `${title}, round ${round} of ${options.rounds}, ${name}`,
          (index + (round - 1) / options.rounds) / all.length,
        ),
      )
      for (const [way, measured] of summaries) figures.push({ ...shape, way, ...measured })
      text.push('', title, ...TABLES[shape.what](summaries))
    }
    if (!isPm2There()) text.push('', `pm2 is not installed, so it is not in the table: ${INSTALL_PEERS}`)
    return { figures, text }
  },
}

const TABLES = {
  storm: stormTable,
  population: populationTable,
  exits: exitTable,
  kept: keptTable,
  hostile: hostileTable,
  bystander: bystanderTable,
  standing: standingTable,
}

function describe(shape: Line['shape']): string {
  if (shape.what === 'population') return `${shape.children} sleeping children of one service brought up, then down`
  if (shape.what === 'exits') return `${shape.children} sleeping children of one service, killed one after another`
  if (shape.what === 'kept')
    return `1 service of a daemon forks /bin/true through its socket, ${shape.children} at once`
  if (shape.what === 'hostile')
    return `${shape.services} services of ${shape.children} children fork through their sockets, one of them hostile; every limit held`
  if (shape.what === 'bystander') return 'somebody asks for another service of the daemon, quiet and beside a fork bomb'
  if (shape.what === 'standing') return `${shape.services} services of a daemon, which do nothing`
  const { services, children, ballastMib } = shape
  const many = services === 1 ? '1 service' : `${services} services`
  const ballast = ballastMib === 0 ? '' : `, ${ballastMib} MiB of buffers in the process that spawns`
  return `${many} of ${children} children fork /bin/true at their limits${ballast}; ms`
}

function stormTable(summaries: ReadonlyMap<string, Summaries>): string[] {
  const base = summaries.get(BASELINE)?.spawnsPerSecond.median ?? Number.NaN
  const most = summaries.get(AT_MOST)?.spawnsPerSecond.median ?? Number.NaN
  const head = ['', 'spawns/s', '+-', 'to bare', 'to C', 'pause p50', 'p99', 'max', 'quiet', 'bystander p99', 'quiet']
  const rows = [...summaries].map(([way, said]) => [
    way,
    short(said.spawnsPerSecond.median),
    percent(said.spawnsPerSecond.spread),
    times(said.spawnsPerSecond.median, base),
    times(said.spawnsPerSecond.median, most),
    // The program in C has neither a loop nor a bystander.
    ...LOOP_FIGURES.map(figure => (said[figure] === undefined ? '' : short(said[figure].median))),
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

function exitTable(summaries: ReadonlyMap<string, Summaries>): string[] {
  const rows = [...summaries].map(([way, { noticedP50Ms, noticedP99Ms, cpuUsAnExit }]) => [
    way,
    short(noticedP50Ms.median),
    short(noticedP99Ms.median),
    short(cpuUsAnExit.median),
    percent(cpuUsAnExit.spread),
  ])
  return table(['', 'noticed p50 ms', 'p99', 'CPU us an exit', '+-'], rows)
}

/** What the store costs, in spawns. */
function keptTable(summaries: ReadonlyMap<string, Summaries>): string[] {
  const free = summaries.get(IN_MEMORY)?.spawnsPerSecond.median ?? Number.NaN
  const rows = [...summaries].map(([way, { spawnsPerSecond }]) => [
    way,
    short(spawnsPerSecond.median),
    percent(spawnsPerSecond.spread),
    percent(1 - spawnsPerSecond.median / free),
  ])
  return table(['', 'spawns/s', '+-', 'paid for the store'], rows)
}

/** What the others notice: an ask includes the spawn that it asks for. */
function hostileTable(summaries: ReadonlyMap<string, Summaries>): string[] {
  const peaceful = summaries.get(PEACEFUL)?.askP99Ms.median ?? Number.NaN
  const rows = [...summaries].map(([kind, { askP99Ms, askP99WorstMs, spawned, samples, survivors }]) => [
    kind,
    short(askP99Ms.median),
    times(askP99Ms.median, peaceful),
    short(askP99WorstMs.median),
    short(spawned.median),
    short(samples.median),
    short(survivors.median),
  ])
  return table(
    ['hostile', 'ask p99 ms of the others', 'to none', 'slowest service', 'spawned', 'samples', 'left'],
    rows,
  )
}

function bystanderTable(summaries: ReadonlyMap<string, Summaries>): string[] {
  const rows = [...summaries].map(([way, said]) => [
    way,
    short(said.quietAuthorizeP50Ms.median),
    short(said.authorizeP50Ms.median),
    short(said.quietAuthorizeP99Ms.median),
    short(said.authorizeP99Ms.median),
    percent(said.authorizeP99Ms.spread),
    times(said.authorizeP99Ms.median, said.quietAuthorizeP99Ms.median),
    short(said.mostTasks.median),
    short(said.refusedForks.median),
  ])
  return table(
    ['', 'quiet p50 ms', 'beside', 'quiet p99', 'beside', '+-', 'to quiet', 'tasks of 100', 'forks refused'],
    rows,
  )
}

/** What is there only to supervise: the daemon, its door, the keepers. */
function standingTable(summaries: ReadonlyMap<string, Summaries>): string[] {
  const rows = [...summaries].map(([way, { controlPssMib, keeperPssKib, idlePercent }]) => [
    way,
    short(controlPssMib.median),
    short(keeperPssKib.median),
    short(idlePercent.median),
    percent(idlePercent.spread),
  ])
  return table(['', 'control PSS MiB', 'largest keeper KiB', 'CPU % of a core', '+-'], rows)
}
