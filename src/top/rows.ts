/** What there is to show, one after another: services, and below each its processes, as sorted, filtered and folded. */

import type { ProcessReport, ServiceReport } from '../../protocol/wire/answers.js'
import type { Forest } from '../client/connect.js'
import { redact } from '../terminal/redact.js'
import { comparer, type Sort } from './sort.js'

/** How the forest shall be shown. */
export interface Order {
  readonly sort: Sort
  readonly isReversed: boolean
  /** Part of a service, name, pid, state, kind or command, any case; '' for all. */
  readonly filter: string
  /** Keys of rows below which nothing is shown. */
  readonly folded: ReadonlySet<string>
}

export interface ServiceRow {
  readonly kind: 'service'
  /** Names the row from one look to the next. */
  readonly key: string
  readonly service: ServiceReport
  /** Most living children that any one process of it has; peripherals are none. */
  readonly mostChildren: number
  readonly isFolded: boolean
}

export interface ProcessRow {
  readonly kind: 'process'
  readonly key: string
  readonly process: ProcessReport
  /** How far it is indented: 0 for a root, and for all where they stand in a plain list. */
  readonly level: number
  /** Living processes below it, at every level. */
  readonly below: number
  readonly isFolded: boolean
  /** False: it is only there because something below it fits the filter. */
  readonly fits: boolean
}

export type Row = ServiceRow | ProcessRow

/** The rows of a forest. A service of which nothing fits the filter is left out. */
export function rowsOf(forest: Pick<Forest, 'services' | 'processes'>, order: Order): readonly Row[] {
  const byService = new Map<string, ProcessReport[]>()
  for (const process of forest.processes) {
    const known = byService.get(process.service)
    if (known === undefined) byService.set(process.service, [process])
    else known.push(process)
  }
  const fits = fitting(order.filter)
  return forest.services.flatMap(service => {
    const processes = byService.get(service.name) ?? []
    const all = order.filter === '' || fits(service.name)
    const shown = new Set(processes.filter(process => all || fits(textOf(process))).map(({ pid }) => pid))
    if (!all && shown.size === 0) return []
    const key = serviceKey(service)
    const isFolded = order.folded.has(key)
    const head: ServiceRow = { kind: 'service', key, service, mostChildren: mostChildren(processes), isFolded }
    return [head, ...(isFolded ? [] : processRows(processes, shown, order))]
  })
}

/** Names a service from one look to the next. */
export function serviceKey({ name }: Pick<ServiceReport, 'name'>): string {
  return `service ${name}`
}

/** Names a process: another one with its pid is another row. */
export function processKey({ pid, startTicks }: Pick<ProcessReport, 'pid' | 'startTicks'>): string {
  return `process ${pid} ${startTicks}`
}

function processRows(processes: readonly ProcessReport[], shown: ReadonlySet<number>, order: Order): ProcessRow[] {
  const { levels, below } = shapeOf(processes)
  const row = (process: ProcessReport, level: number): ProcessRow => ({
    kind: 'process',
    key: processKey(process),
    process,
    level,
    below: below.get(process.pid) ?? 0,
    isFolded: false,
    fits: shown.has(process.pid),
  })
  if (order.sort !== 'tree') {
    const list = processes.filter(({ pid }) => shown.has(pid)).sort(comparer(order.sort))
    if (order.isReversed) list.reverse()
    return list.map(process => row(process, 0))
  }
  const withAncestors = withParents(processes, shown)
  const rows: ProcessRow[] = []
  let hiddenBelow = Number.POSITIVE_INFINITY
  for (const process of processes) {
    const level = levels.get(process.pid) ?? 0
    if (level > hiddenBelow) continue
    hiddenBelow = Number.POSITIVE_INFINITY
    if (!withAncestors.has(process.pid)) continue
    const made = row(process, level)
    const isFolded = made.below > 0 && order.folded.has(made.key)
    if (isFolded) hiddenBelow = level
    rows.push(isFolded ? { ...made, isFolded } : made)
  }
  return rows
}

/** Levels by the parents that are listed, and how many hang below each. Parents come before their children. */
function shapeOf(processes: readonly ProcessReport[]) {
  const levels = new Map<number, number>()
  const below = new Map<number, number>()
  for (const { pid, parentPid } of processes) levels.set(pid, (levels.get(parentPid) ?? -1) + 1)
  for (const { pid, parentPid } of processes.toReversed()) {
    if (levels.has(parentPid)) below.set(parentPid, (below.get(parentPid) ?? 0) + (below.get(pid) ?? 0) + 1)
  }
  return { levels, below }
}

/** Those, and all above them: a tree is no tree without its trunk. */
function withParents(processes: readonly ProcessReport[], shown: ReadonlySet<number>): ReadonlySet<number> {
  const wanted = new Set(shown)
  for (const { pid, parentPid } of processes.toReversed()) if (wanted.has(pid)) wanted.add(parentPid)
  return wanted
}

function mostChildren(processes: readonly ProcessReport[]): number {
  const counts = new Map<number, number>()
  let most = 0
  for (const { kind, parentPid } of processes) {
    if (kind !== 'spawned') continue
    const count = (counts.get(parentPid) ?? 0) + 1
    counts.set(parentPid, count)
    most = Math.max(most, count)
  }
  return most
}

function fitting(filter: string): (text: string) => boolean {
  const part = filter.toLowerCase()
  return text => text.toLowerCase().includes(part)
}

/** What a filter looks at. Secrets are out of it: what finds them by trying would read them. */
function textOf({ name, pid, state, kind, command }: ProcessReport): string {
  return `${name} ${pid} ${state} ${kind} ${redact(command)}`
}
