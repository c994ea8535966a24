/** In which order the processes of a service stand. `tree` is that of the tree; any other makes a plain list. */

import type { ProcessReport } from '../../protocol/wire/answers.js'

export const SORTS = ['tree', 'cpu', 'memory', 'age', 'ttl', 'name', 'state'] as const
export type Sort = (typeof SORTS)[number]

/** Compares two processes; what is asked for first, the largest figure first, and the pid where nothing else decides. */
export function comparer(sort: Exclude<Sort, 'tree'>): (a: ProcessReport, b: ProcessReport) => number {
  const first = COMPARERS[sort]
  return (a, b) => first(a, b) || a.pid - b.pid
}

const COMPARERS: Readonly<Record<Exclude<Sort, 'tree'>, (a: ProcessReport, b: ProcessReport) => number>> = {
  cpu: (a, b) => known(b.cpuPercent) - known(a.cpuPercent),
  memory: (a, b) => known(b.rssBytes) - known(a.rssBytes),
  age: (a, b) => a.startedAt - b.startedAt,
  // Who has the least left first; who lives for ever last.
  ttl: (a, b) => compareNumbers(endsAt(a), endsAt(b)),
  name: (a, b) => compareTexts(a.name, b.name),
  state: (a, b) => compareTexts(a.state, b.state) || compareTexts(a.kind, b.kind),
}

/** What was not measured yet comes after all that was. */
function known(figure: number | null): number {
  return figure ?? -1
}

function endsAt({ startedAt, ttlMs }: ProcessReport): number {
  return ttlMs === null ? Number.POSITIVE_INFINITY : startedAt + ttlMs
}

function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}

/** By code unit, so that the order is the same everywhere. */
function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
