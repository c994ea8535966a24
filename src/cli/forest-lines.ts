/** The tree as people see it: a line of quotas for each service, a line for each process below. */

import { formatBytes, formatDuration } from '../../protocol/format.js'
import { overText } from '../../protocol/over-limits.js'
import type { ProcessReport, ServiceReport } from '../../protocol/wire/answers.js'
import { harmless } from '../terminal/harmless.js'
import { redact } from '../terminal/redact.js'
import { memoryWithSource } from './memory-text.js'
import { serviceStateText } from './service-state.js'

/** Everything that is drawn. */
export interface ForestView {
  readonly atMs: number
  readonly services: readonly ServiceReport[]
  /** Parents before their children. */
  readonly processes: readonly ProcessReport[]
}

/** Lines safe for a terminal; `commands` adds what each process runs. */
export function forestLines(view: ForestView, options: { readonly commands: boolean }): readonly string[] {
  if (view.services.length === 0) return ['no services']
  return view.services.flatMap(service => [
    serviceLine(service, view.atMs),
    ...tableLines(
      view.processes.filter(process => process.service === service.name),
      view.atMs,
      options.commands,
    ),
  ])
}

/** One service with its quotas: what is used of what is allowed. */
export function serviceLine(service: ServiceReport, atMs: number): string {
  const { limits } = service
  const parts = [
    `descendants ${service.liveDescendants}/${limits.descendants}`,
    `children ${limits.children}`,
    `depth ${limits.depth}`,
    `memory ${memoryWithSource(service)}`,
    `rate ${limits.rate === null ? 'none' : `${limits.rate.limit}/${formatDuration(limits.rate.windowMs)}`}`,
    limits.terminationPolicy,
    ...(service.over.length === 0 ? [] : [`! ${service.over.map(overText).join(', ')}`]),
  ]
  return `${service.name}  ${serviceStateText(service, atMs)}  ${parts.join('  ')}`
}

const HEADER = ['NAME', 'PID', 'STATE', 'MEMORY', 'CPU', 'AGE', 'TTL', 'COMMAND'] as const

function tableLines(processes: readonly ProcessReport[], atMs: number, commands: boolean): readonly string[] {
  if (processes.length === 0) return []
  const levels = levelsOf(processes)
  const columns = commands ? HEADER.length : HEADER.length - 1
  const rows = processes.map(process => rowOf(process, levels.get(process.pid) ?? 0, atMs))
  const table = [HEADER, ...rows].map(row => row.slice(0, columns))
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...table.map(row => row[column].length)))
  return table.map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd())
}

function rowOf(process: ProcessReport, level: number, atMs: number): readonly string[] {
  const ageMs = Math.max(0, Math.round(atMs - process.startedAt))
  const leftMs = process.ttlMs === null ? null : Math.max(0, process.ttlMs - ageMs)
  return [
    `${'  '.repeat(level)}${process.name}`,
    String(process.pid),
    stateText(process),
    process.rssBytes === null ? '-' : formatBytes(process.rssBytes),
    process.cpuPercent === null ? '-' : `${Math.round(process.cpuPercent)}%`,
    formatDuration(ageMs),
    leftMs === null ? '-' : `${formatDuration(leftMs)} left`,
    harmless(redact(process.command)),
  ]
}

/** A process that nobody asked for says so; one whose ancestors are gone stands by itself. */
function stateText({ kind, state }: ProcessReport): string {
  if (kind !== 'peripheral') return state
  return state === 'ending' ? 'peripheral, ending' : 'peripheral'
}

/** How far each process is indented: by the parents that are listed, not by its depth, which outlives them. */
function levelsOf(processes: readonly ProcessReport[]): ReadonlyMap<number, number> {
  const levels = new Map<number, number>()
  for (const { pid, parentPid } of processes) levels.set(pid, (levels.get(parentPid) ?? -1) + 1)
  return levels
}
