/** What the case says to people: three tables. */

import type { Summary } from '../harness/statistics.js'
import { short, table } from '../harness/table.js'
import type { Accuracy } from './accuracy.js'
import type { Entry } from './limiter.js'
import type { Occupied } from './occupied.js'

/** One limiter, as the results file keeps it. */
export interface Figure extends Accuracy, Occupied, Pick<Entry, 'kind' | 'clock' | 'origin'> {
  readonly limiter: string
  readonly keys: number
  /** ns an admission, all keys in turn. */
  readonly grantNs: Summary | null
  /** The same after as many parents have died as `dead` says. */
  readonly agedNs: Summary | null
  /** ns a refusal; queues refuse nobody. */
  readonly refusalNs: Summary | null
}

/** What fewer leave is lost in what a heap does by itself. */
const DEAD_LEAST = 10_000

export function tables(figures: readonly Figure[]): string[] {
  const traces = Object.keys(figures[0]?.traces ?? {})
  return [
    '',
    'most admitted in any second (10 is right), by trace and by a search for the worst',
    ...table(
      ['', ...traces, 'search', 'wrong refusals', 'wrong wait, ms', 'told, refused again'],
      figures.map(figure => [
        figure.limiter,
        ...traces.map(trace => String(figure.traces[trace].worstWindow)),
        String(figure.found.worstWindow),
        ...errorsOf(figure),
      ]),
    ),
    '',
    'most admitted in any second: with ms between asking and recording; with the wall clock set by an hour (and ms of silence)',
    ...table(
      [
        '',
        ...Object.keys(figures[0]?.latency ?? {}).map(ms => `${ms} ms`),
        'forward',
        'silent',
        'back',
        'silent',
        'clock',
      ],
      figures.map(({ limiter, latency, forward, back, clock }) => [
        limiter,
        ...Object.values(latency).map(String),
        ...[forward, back].flatMap(({ worstWindow, silenceMs }) => [String(worstWindow), silenceMs.toFixed(0)]),
        clock,
      ]),
    ),
    '',
    `cost (what time it is, is told for nothing); the dead: ${short(Math.max(...figures.map(each => each.dead)))} parents`,
    ...table(
      ['', 'keys', 'ns a grant', '+-', 'after the dead', 'ns a refusal', 'bytes a key', 'bytes a dead parent leaves'],
      figures.map(figure => [
        figure.limiter,
        short(figure.keys),
        figure.grantNs === null ? '-' : short(figure.grantNs.median),
        figure.grantNs === null ? '' : `${(figure.grantNs.spread * 100).toFixed(0)} %`,
        figure.agedNs === null ? '-' : short(figure.agedNs.median),
        figure.refusalNs === null ? '-' : short(figure.refusalNs.median),
        figure.bytesAKey.toFixed(0),
        figure.dead < DEAD_LEAST ? '-' : figure.bytesADead.toFixed(1),
      ]),
    ),
  ]
}

/** Of a gate: refusals that were wrong, how wrong its wait is, how often it is wrong. Of a queue: needless waits. */
function errorsOf({ kind, traces, obedient }: Figure): string[] {
  const all = Object.values(traces)
  if (kind === 'queue') return [`(waits ${Math.max(...all.map(each => each.needlessMs))} ms)`, '-', '-']
  const wrong = all.reduce((sum, each) => sum + each.falselyRefused, 0)
  const waits = all.map(each => each.waitErrorMs).filter(ms => ms !== null)
  const again = obedient.told === 0 ? '-' : `${((100 * obedient.refusedAgain) / obedient.told).toFixed(0)} %`
  return [String(wrong), waits.length === 0 ? '-' : Math.max(...waits).toFixed(0), again]
}
