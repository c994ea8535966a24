/** Case `authorize`: the awaited question alone, granted and refused, beside one message a question. */

import type { Round } from '../authorize/contestant.js'
import { decidesMany } from '../authorize/ways.js'
import type { Case, CaseOptions } from '../harness/case.js'
import { type Contestant, contestOfMany } from '../harness/contest.js'
import type { Summary } from '../harness/statistics.js'
import { short, table, times } from '../harness/table.js'

interface Line {
  readonly what: 'grant' | 'refusal'
  readonly callers: number
}

/** One figure, as the results file keeps it. */
type Figure = Line & { readonly way: string } & Readonly<Record<keyof Round, Summary>>

const FILE = new URL('../authorize/contestant.js', import.meta.url)
/** Decisions a round, by callers: as many as keep it near a tenth of a second. */
const DECISIONS: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  comlink: { 1: 2_000, 64: 4_000, 1024: 8_000 },
  postMessage: { 1: 3_000, 64: 20_000, 1024: 30_000 },
  others: { 1: 3_000, 64: 80_000, 1024: 160_000 },
}

export const authorize: Case = {
  name: 'authorize',
  summary: 'the awaited question alone: decisions a second, p50, p99 and p99.9, beside comlink and postMessage',
  async run(options, progress) {
    const isMany = decidesMany()
    const lines = linesOf(options)
    const figures: Figure[] = []
    for (const [index, line] of lines.entries()) {
      const contestants = waysOf(line, options, isMany).map(way => contestant(way, line, options))
      const heard = await contestOfMany<Round>(contestants, options.rounds, done =>
        progress(
          `${describe(line)}, line ${index + 1} of ${lines.length}, round ${done} of ${options.rounds}`,
          (index + done / options.rounds) / lines.length,
        ),
      )
      for (const [way, round] of heard) figures.push({ ...line, way, ...round })
    }
    const note = isMany ? [] : ['', 'this version of the library has no authorizeMany, so it is not measured']
    return { figures, text: [...lines.flatMap(line => tableOf(line, figures)), ...note] }
  },
}

function linesOf({ size }: CaseOptions): Line[] {
  const callers = size === 'quick' ? [1024] : [1024, 64, 1]
  return (['grant', 'refusal'] as const).flatMap(what => callers.map(many => ({ what, callers: many })))
}

function waysOf({ callers }: Line, { size }: CaseOptions, isMany: boolean): string[] {
  const ways = ['1 host', 'inline', 'postMessage', 'comlink']
  if (isMany && callers > 1) ways.splice(1, 0, 'authorizeMany')
  return size === 'full' ? [...ways, '2 hosts'] : ways
}

function contestant(way: string, { what, callers }: Line, { size }: CaseOptions): Contestant {
  const most = (DECISIONS[way] ?? DECISIONS.others)[callers]
  const decisions = size === 'quick' ? most / 4 : most
  // A parent's spawns of the last round must have left its window; a refusal charges nobody.
  const pauseMs = what === 'grant' ? 1_100 : 0
  return { name: way, file: FILE, args: [way, what, callers, decisions].map(String), pauseMs }
}

function tableOf(line: Line, figures: readonly Figure[]): string[] {
  const those = figures.filter(({ what, callers }) => what === line.what && callers === line.callers)
  const ours = those.find(({ way }) => way === '1 host')?.decisionsPerSecond.median ?? Number.NaN
  const rows = those.map(({ way, decisionsPerSecond, p50Us, p99Us, p999Us }) => [
    way,
    short(decisionsPerSecond.median),
    `${(decisionsPerSecond.spread * 100).toFixed(0)} %`,
    times(ours, decisionsPerSecond.median),
    ...[p50Us, p99Us, p999Us].map(({ median }) => short(median)),
  ])
  const head = ['', 'decisions/s', '+-', '1 host is', 'p50, us', 'p99, us', 'p99.9, us']
  return ['', describe(line), ...table(head, rows)]
}

function describe({ what, callers }: Line): string {
  return `${what === 'grant' ? 'granted' : 'refused'}, ${callers} caller${callers === 1 ? '' : 's'}`
}
