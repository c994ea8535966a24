/** The state as lines of a screen: a head, the list, and below it what the keys mean. */

import { formatBytes, formatDuration } from '../../protocol/format.js'
import { serviceStateText } from '../cli/service-state.js'
import { cut, filled, widthOf } from '../terminal/cells.js'
import { harmless } from '../terminal/harmless.js'
import { chosen, type Line } from '../terminal/paint.js'
import { barsLine, quotasOf } from './bars.js'
import { headLine, processLine, type Table, tableFor } from './columns.js'
import type { Row, ServiceRow } from './rows.js'
import type { Ending, Pane, State } from './state.js'

/** From so many columns on the quotas of a service stand beside its name. */
const WIDE_FROM = 130

/** What a screen shows: exactly as many lines as it has rows, none wider than it after `paint`. */
export interface Frame {
  readonly lines: readonly Line[]
  /** Lines of the list above the first that is shown: the next frame begins from there. */
  readonly from: number
}

/** Widest state with its reason: beside it stand the name, the figures and, on a wide terminal, the bars. */
const STATE_CELLS_MAX = 32

/** Draws the state at `atMs` (Unix ms). */
export function frame(state: State, atMs: number): Frame {
  const { size, mode } = state
  if (mode.kind === 'pane') return { lines: paneLines(mode.pane, state), from: state.from }
  const table = tableFor(size.columns)
  const room = Math.max(1, size.rows - 3)
  const { lines, from } = listLines(state, table, room)
  const blank: Line[] = Array.from({ length: Math.max(0, room - lines.length) }, () => [])
  const all = [statusLine(state, atMs), headLine(table), ...lines, ...blank, footLine(state)]
  return { lines: all.slice(0, size.rows), from }
}

/** The whole list, however long it is, for a reader that is no terminal. */
export function wholeList(state: State): readonly Line[] {
  const table = tableFor(state.size.columns)
  return [headLine(table), ...state.rows.flatMap(row => rowLines(row, table, state))]
}

function listLines(
  state: State,
  table: Table,
  room: number,
): { readonly lines: readonly Line[]; readonly from: number } {
  const { rows, cursor } = state
  if (rows.length === 0) return { lines: [[['faint', emptyText(state)]]], from: 0 }
  const heights = rows.map(row => heightOf(row, state))
  const above = heights.slice(0, cursor).reduce((sum, height) => sum + height, 0)
  const total = heights.slice(cursor).reduce((sum, height) => sum + height, above)
  // The row of the cursor is on the screen, and no room is left below the last row.
  const low = Math.max(0, Math.min(state.from, total - room))
  const from = Math.max(above + heights[cursor] - room, Math.min(low, above))
  const lines: Line[] = []
  let at = 0
  for (const [index, row] of rows.entries()) {
    if (at >= from + room) break
    if (at + heights[index] > from) {
      for (const [line, text] of rowLines(row, table, state).entries()) {
        if (at + line >= from && at + line < from + room) lines.push(index === cursor ? chosen(text) : text)
      }
    }
    at += heights[index]
  }
  return { lines, from }
}

function heightOf(row: Row, { size }: State): number {
  return row.kind === 'service' && size.columns < WIDE_FROM ? 2 : 1
}

function rowLines(row: Row, table: Table, state: State): readonly Line[] {
  if (row.kind === 'process') return [processLine(row, table, state.forest.atMs)]
  const { columns } = state.size
  const head = serviceHead(row, state.forest.atMs)
  if (columns < WIDE_FROM) return [head, [['plain', '  '], ...barsLine(quotasOf(row), columns - 2)]]
  const width = table.name + 20
  const [[style, text], ...rest] = head
  const restWidth = rest.reduce((cells, [, piece]) => cells + widthOf(piece), 0)
  const name = filled(cut(text, width - restWidth), width - restWidth)
  return [[[style, name], ...rest, ['plain', '  '], ...barsLine(quotasOf(row), columns - width - 2)]]
}

function serviceHead({ service, isFolded }: ServiceRow, atMs: number): Line {
  const { name, state, processes } = service
  return [
    ['bold', `${isFolded ? '+' : '-'} ${harmless(name)}  `],
    [state === 'running' ? 'good' : 'near', cut(harmless(serviceStateText(service, atMs)), STATE_CELLS_MAX)],
    ['plain', `  ${counted(processes, 'process')}`],
  ]
}

function statusLine({ forest, lost }: State, atMs: number): Line {
  if (lost !== null) {
    const ago = formatDuration(Math.max(0, Math.round(atMs - forest.atMs)))
    return [['over', `no answer from daemon ${forest.daemonPid}, trying again; as of ${ago} ago: ${lost.message}`]]
  }
  const { services, processes, daemonPid } = forest
  const cpu = processes.reduce((sum, { cpuPercent }) => sum + (cpuPercent ?? 0), 0)
  const memory = processes.reduce((sum, { rssBytes }) => sum + (rssBytes ?? 0), 0)
  const counts = `${counted(services.length, 'service')}  ${counted(processes.length, 'process')}`
  const clock = new Date(forest.atMs).toISOString().slice(11, 19)
  return [
    ['bold', `espalier ${clock}`],
    ['plain', `  daemon ${daemonPid}  ${counts}  cpu ${Math.round(cpu)}%  memory ${formatBytes(memory)}`],
  ]
}

function footLine(state: State): Line {
  const { mode, order, message } = state
  if (mode.kind === 'ask') return [['over', `${askText(mode.ending)} y/N`]]
  if (mode.kind === 'filter') return [['bold', `filter: ${harmless(order.filter)}_`]]
  if (message !== '') return [['bold', message]]
  const sort = `${order.sort}${order.isReversed && order.sort !== 'tree' ? ' reversed' : ''}`
  const filter = order.filter === '' ? '' : `  filter ${harmless(order.filter)} (esc)`
  return [
    ['bold', `sort ${sort}${filter}`],
    ['faint', '  s sort  / filter  w why  l logs  x end  X end tree  ? keys  q quit'],
  ]
}

function askText(ending: Ending): string {
  if (ending.kind === 'service')
    return `end service ${harmless(ending.service)}, ${counted(ending.processes, 'process')}?`
  const { name, pid, below, tree } = ending
  const who = `${harmless(name)} (pid ${pid})`
  if (below === 0) return `end ${who}?`
  return tree ? `end ${who} and ${below} below it?` : `end ${who}, and leave ${below} below it to the policy?`
}

function counted(count: number, what: 'service' | 'process'): string {
  return `${count} ${what}${count === 1 ? '' : what === 'process' ? 'es' : 's'}`
}

function emptyText({ order }: State): string {
  return order.filter === '' ? 'no services' : `nothing has ${JSON.stringify(harmless(order.filter))} in it (esc)`
}

function paneLines({ title, lines, from }: Pane, { size }: State): readonly Line[] {
  const room = Math.max(1, size.rows - 2)
  const shown: Line[] = lines.slice(from, from + room).map(text => [['plain', text]])
  const blank: Line[] = Array.from({ length: room - shown.length }, () => [])
  const left = lines.length - from - shown.length
  const more = left > 0 ? `${left} more below` : 'the end'
  const foot: Line = [['faint', `${more}  up, down, page up, page down  q back`]]
  return [[['bold', title]], ...shown, ...blank, foot].slice(0, size.rows) as Line[]
}
