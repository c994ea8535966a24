/** The table of processes: which columns a terminal has room for, and a process as one line of them. */

import { formatBytes, formatDuration } from '../../protocol/format.js'
import type { ProcessReport } from '../../protocol/wire/answers.js'
import { filled } from '../terminal/cells.js'
import { harmless } from '../terminal/harmless.js'
import type { Line, Style } from '../terminal/paint.js'
import { redact } from '../terminal/redact.js'
import type { ProcessRow } from './rows.js'

interface Column {
  readonly head: string
  readonly cells: number
  readonly side: 'left' | 'right'
  readonly text: (process: ProcessReport, atMs: number) => string
}

const PID: Column = { head: 'PID', cells: 7, side: 'right', text: ({ pid }) => String(pid) }
const KIND: Column = { head: 'KIND', cells: 10, side: 'left', text: ({ kind }) => kind }
const STATE: Column = { head: 'STATE', cells: 7, side: 'left', text: ({ state }) => state }
const CPU: Column = {
  head: 'CPU',
  cells: 5,
  side: 'right',
  text: ({ cpuPercent }) => (cpuPercent === null ? '-' : `${Math.round(cpuPercent)}%`),
}
const MEMORY: Column = {
  head: 'MEMORY',
  cells: 7,
  side: 'right',
  text: ({ rssBytes }) => (rssBytes === null ? '-' : formatBytes(rssBytes)),
}
const AGE: Column = {
  head: 'AGE',
  cells: 6,
  side: 'right',
  text: (process, atMs) => formatDuration(ageMs(process, atMs)),
}
const TTL: Column = {
  head: 'LEFT',
  cells: 6,
  side: 'right',
  text: (process, atMs) =>
    process.ttlMs === null ? '-' : formatDuration(Math.max(0, process.ttlMs - ageMs(process, atMs))),
}

const COLUMNS = [PID, KIND, STATE, CPU, MEMORY, AGE, TTL] as const

/** Narrowest name that still says something. */
const NAME_MIN = 12

/** Widest name before the command gets what is left. */
const NAME_MAX = 40

/** A command of fewer cells says nothing. */
const COMMAND_MIN = 16

/** How wide the columns are on this terminal. */
export interface Table {
  readonly columns: readonly Column[]
  readonly name: number
  /** 0: there is no room for it. */
  readonly command: number
}

/** Columns that do not fit leave from the right. */
export function tableFor(width: number): Table {
  const columns: Column[] = []
  let left = width - NAME_MIN
  for (const column of COLUMNS) {
    if (left < column.cells + 1) break
    left -= column.cells + 1
    columns.push(column)
  }
  const free = left + NAME_MIN
  const name = free - COMMAND_MIN - 2 < NAME_MIN ? free : Math.min(NAME_MAX, Math.floor(free / 2))
  return { columns, name, command: Math.max(0, free - name - 2) }
}

/** The names of the columns. */
export function headLine({ columns, name, command }: Table): Line {
  const heads = columns.map(({ head, cells, side }) => ` ${filled(head, cells, side)}`)
  const last = command > 0 ? '  COMMAND' : ''
  return [['bold', `${filled('NAME', name)}${heads.join('')}${last}`]]
}

/** One process; safe for a terminal, secrets of its command hidden. */
export function processLine(row: ProcessRow, { columns, name, command }: Table, atMs: number): Line {
  const { process } = row
  const figures = columns.map(({ text, cells, side }) => ` ${filled(text(process, atMs), cells, side)}`).join('')
  const last = command > 0 ? `  ${filled(printable(redact(process.command)), command)}` : ''
  return [[styleOf(row), `${filled(nameText(row), name)}${figures}${last}`]]
}

/** Two blanks a level; deeper than there is room for, the level stands as a figure. */
function nameText({ process, level, below, isFolded }: ProcessRow): string {
  const mark = isFolded ? `+ ` : '  '
  const tail = isFolded ? ` (${below} below)` : ''
  const indent = level <= 8 ? '  '.repeat(level) : `${'  '.repeat(7)}${level}`.padEnd(17)
  return `${indent}${mark}${printable(process.name)}${tail}`
}

function styleOf({ process, fits }: ProcessRow): Style {
  if (!fits) return 'faint'
  if (process.state === 'ending') return 'near'
  return process.kind === 'peripheral' || process.state === 'adopted' ? 'faint' : 'plain'
}

function printable(text: string): string {
  return harmless(text).replaceAll('\t', ' ')
}

/** Clocks may step back, ages do not. */
function ageMs({ startedAt }: ProcessReport, atMs: number): number {
  return Math.max(0, Math.round(atMs - startedAt))
}
