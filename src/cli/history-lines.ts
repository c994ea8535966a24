/** Ends as a table for people. */

import { formatBytes, formatDuration } from '../../protocol/format.js'
import type { EndReport } from '../../protocol/wire/past.js'
import type { Past } from '../client/connect.js'
import { harmless } from '../terminal/harmless.js'
import { ageText, clockText, howText } from './end-words.js'

const HEADER = ['ENDED', 'NAME', 'PID', 'HOW', 'REASON', 'RAN', 'CPU', 'PEAK CPU', 'PEAK MEMORY', 'COMMAND'] as const

/** Lines safe for a terminal; the last one says what was left out. */
export function historyLines({ ends, left }: Past): readonly string[] {
  if (ends.length === 0) return ['nothing that has ended fits']
  const table = [HEADER, ...ends.map(rowOf)]
  const widths = HEADER.map((_, column) => Math.max(...table.map(row => row[column].length)))
  const lines = table.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
  return left === 0 ? lines : [...lines, `${left} older ones fit as well: -n shows more`]
}

function rowOf(end: EndReport): readonly string[] {
  const { exit, service, name, pid, parentPid, startedAt, peakRssBytes, peakCpuPercent, cpuMs, command } = end
  return [
    clockText(exit.finishedAt),
    parentPid === null ? service : `${service}:${name}`,
    String(pid),
    howText(exit),
    exit.reason,
    ageText(startedAt, exit.finishedAt),
    cpuMs === null ? '-' : formatDuration(Math.round(cpuMs)),
    peakCpuPercent === null ? '-' : `${Math.round(peakCpuPercent)}%`,
    peakRssBytes === null ? '-' : formatBytes(peakRssBytes),
    harmless(command),
  ]
}
