/** Case `lifecycle`: what a whole cycle of authorize, record, exit and remove costs, beside other ways and the reference. */

import { execFileSync } from 'node:child_process'
import type { Case, CaseOptions, CaseResult } from '../harness/case.js'
import { type Contestant, contest } from '../harness/contest.js'
import { type Summary, summarize } from '../harness/statistics.js'
import { short, table, times } from '../harness/table.js'

/** One line of the grid. */
interface Line {
  readonly population: number
  readonly exit: 'oldest' | 'random'
  readonly callers: number
}

/** One figure, as the results file keeps it. */
interface Figure extends Line, Summary {
  readonly way: string
}

const FILE = new URL('../lifecycle/contestant.js', import.meta.url)
/** Cycles a round: as many as keep it near a tenth of a second to half a second. */
const CYCLES: Readonly<Record<string, number>> = { comlink: 6_000, postMessage: 30_000 }
const MOST_CYCLES = 200_000

export const lifecycle: Case = {
  name: 'lifecycle',
  summary: 'authorize, record, exit and remove: cycles a second beside comlink, postMessage and the reference',
  async run(options, progress) {
    const lines = linesOf(options)
    const figures: Figure[] = []
    // Before and after, for the machine may have changed its pace in between.
    const references: Reference[] = []
    const runReference = () => {
      if (options.reference === null) return
      progress('the reference')
      references.push(...readReference(options.reference))
    }
    runReference()
    for (const [index, line] of lines.entries()) {
      const contestants = waysOf(line, options).map(way => contestant(way, line, options))
      const summaries = await contest(contestants, options.rounds, done =>
        progress(
          `${describe(line)}, line ${index + 1} of ${lines.length}, round ${done} of ${options.rounds}`,
          (index + done / options.rounds) / lines.length,
        ),
      )
      for (const [way, summary] of summaries) figures.push({ ...line, way, ...summary })
    }
    runReference()
    figures.push(...summarizeReference(references))
    return { figures, text: tableOf(lines, figures) } satisfies CaseResult
  },
}

function linesOf({ size }: CaseOptions): Line[] {
  const populations = { quick: [10_000], grid: [100, 10_000, 100_000], full: [100, 10_000, 100_000, 1_000_000] }[size]
  const exits = size === 'quick' ? (['oldest'] as const) : (['oldest', 'random'] as const)
  const callers = size === 'full' ? [1024, 64, 1] : [1024]
  return populations.flatMap(population =>
    exits.flatMap(exit => callers.map(many => ({ population, exit, callers: many }))),
  )
}

function waysOf({ population, callers }: Line, { size }: CaseOptions): string[] {
  const ways = ['1 host', '1 host, all awaited']
  if (callers === 1024) ways.push('tree')
  if (size === 'full' && callers === 1024) ways.push('2 hosts', 'inline')
  if (population <= 10_000) ways.push('comlink', 'postMessage')
  return ways
}

function contestant(name: string, { population, exit, callers }: Line, { size }: CaseOptions): Contestant {
  const [way, awaited] = name.split(', ')
  const most = Math.min(CYCLES[way] ?? MOST_CYCLES, size === 'quick' ? 50_000 : MOST_CYCLES)
  // One caller waits for each answer: a hundred times fewer in the same time.
  const cycles = callers === 1 ? Math.min(most, 5_000) : most
  const args = [way, awaited === undefined ? 'cast' : 'awaited', population, exit, callers, cycles].map(String)
  // A parent's spawns of the last round must have left its window.
  return { name, file: FILE, args, pauseMs: 1_100 }
}

/** A line that the reference's program prints. */
interface Reference {
  readonly impl: string
  readonly threads: number
  readonly children: number
  readonly exit: 'oldest' | 'random'
  readonly cyclesPerSecond: number
}

/** Runs the program and takes its figures, one JSON a line. */
function readReference(program: string): Reference[] {
  const out = execFileSync(program, [], { encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'inherit'] })
  return out
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line))
}

function summarizeReference(references: readonly Reference[]): Figure[] {
  const seen = new Map<string, { readonly said: Reference; readonly list: number[] }>()
  for (const said of references) {
    const key = `${said.impl} ${said.threads} ${said.children} ${said.exit}`
    const entry = seen.get(key) ?? { said, list: [] }
    entry.list.push(said.cyclesPerSecond)
    seen.set(key, entry)
  }
  return [...seen.values()].map(({ said, list }) => ({
    way: `${said.impl}, ${said.threads} thread${said.threads === 1 ? '' : 's'}`,
    population: said.children,
    exit: said.exit,
    callers: 1024,
    ...summarize(list),
  }))
}

function tableOf(lines: readonly Line[], figures: readonly Figure[]): string[] {
  const at = (line: Line, way: string) =>
    figures.find(
      figure =>
        figure.way === way &&
        figure.population === line.population &&
        figure.exit === line.exit &&
        figure.callers === line.callers,
    )
  return lines.flatMap(line => {
    const ours = at(line, '1 host')?.median ?? Number.NaN
    const awaited = at(line, '1 host, all awaited')?.median ?? Number.NaN
    const rows = figures
      .filter(figure => at(line, figure.way) === figure)
      .map(({ way, median, spread, rounds }) => [
        way,
        short(median),
        rounds > 1 ? `${(spread * 100).toFixed(0)} %` : '',
        short(1e9 / median),
        times(ours, median),
        times(awaited, median),
      ])
    return ['', describe(line), ...table(['', 'cycles/s', '+-', 'ns', '1 host is', 'all awaited is'], rows)]
  })
}

function describe({ population, exit, callers }: Line): string {
  return `${short(population)} children, ${exit} exit, ${callers} callers`
}
