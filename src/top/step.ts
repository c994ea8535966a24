/** What an intention makes of the state, and what it asks of the world. */

import type { Intention } from './intentions.js'
import { reordered } from './looks.js'
import { helpPane } from './panes.js'
import type { Row } from './rows.js'
import { SORTS } from './sort.js'
import type { Ending, Pane, State } from './state.js'

/** What the state itself cannot do. */
export type Wish =
  | { readonly kind: 'quit' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'why' | 'logs' | 'limits'; readonly row: Row }
  | { readonly kind: 'end'; readonly ending: Ending }

export interface Step {
  readonly state: State
  readonly wish: Wish | null
}

/** Longest filter, in characters. */
const FILTER_MAX = 64

/** One step. */
export function step(before: State, intention: Intention): Step {
  const state = { ...before, message: '' }
  switch (intention.kind) {
    case 'quit':
    case 'suspend':
    case 'redraw':
      return { state, wish: { kind: intention.kind } }
    case 'why':
    case 'logs':
    case 'limits':
      return aboutRow(state, row => ({ state, wish: { kind: intention.kind, row } }))
    case 'end':
      return aboutRow(state, row => only(asking(state, endingOf(row, intention.tree))))
    case 'accept':
      return accepted(state)
    default:
      return only(changed(state, intention))
  }
}

/** A pane over the list; one that begins beyond its end begins with its last page. */
export function withPane(state: State, pane: Pane): State {
  const from = Math.min(pane.from, Math.max(0, pane.lines.length - paneRows(state)))
  return { ...state, mode: { kind: 'pane', pane: { ...pane, from } } }
}

/** Lines that a pane has for its text. */
export function paneRows({ size }: State): number {
  return Math.max(1, size.rows - 2)
}

type Change = Exclude<Intention, { kind: 'quit' | 'suspend' | 'redraw' | 'why' | 'logs' | 'limits' | 'end' | 'accept' }>

function changed(state: State, intention: Change): State {
  const { order } = state
  switch (intention.kind) {
    case 'move':
      return state.mode.kind === 'pane' ? scrolled(state, state.mode.pane, intention) : moved(state, intention)
    case 'fold':
      return intention.how === 'turn_all' ? allFolded(state) : folded(state, intention.how)
    case 'sort':
      return reordered(state, { sort: SORTS[(SORTS.indexOf(order.sort) + 1) % SORTS.length] })
    case 'reverse':
      return reordered(state, { isReversed: !order.isReversed })
    case 'filter':
      return { ...state, mode: { kind: 'filter', before: order.filter } }
    case 'type':
      return reordered(state, { filter: `${order.filter}${intention.text}`.slice(0, FILTER_MAX) })
    case 'erase':
      return reordered(state, { filter: [...order.filter].slice(0, -1).join('') })
    case 'clear':
      return reordered(state, { filter: '' })
    case 'help':
      return withPane(state, helpPane())
    case 'cancel':
      return cancelled(state)
  }
}

function accepted(state: State): Step {
  const { mode } = state
  const listing: State = { ...state, mode: { kind: 'list' } }
  return mode.kind === 'ask' ? { state: listing, wish: { kind: 'end', ending: mode.ending } } : only(listing)
}

function cancelled(state: State): State {
  const { mode } = state
  if (mode.kind === 'list') return reordered(state, { filter: '' })
  const listing: State = { ...state, mode: { kind: 'list' } }
  if (mode.kind === 'filter') return reordered(listing, { filter: mode.before })
  return mode.kind === 'ask' ? { ...listing, message: 'nothing was ended' } : listing
}

function moved(state: State, { by, direction }: Extract<Intention, { kind: 'move' }>): State {
  const last = Math.max(0, state.rows.length - 1)
  const page = Math.max(1, state.size.rows - 4)
  const far = by === 'all' ? state.rows.length : by === 'page' ? page : 1
  return { ...state, cursor: Math.max(0, Math.min(last, state.cursor + far * direction)) }
}

function scrolled(state: State, pane: Pane, { by, direction }: Extract<Intention, { kind: 'move' }>): State {
  const page = paneRows(state)
  const far = by === 'all' ? pane.lines.length : by === 'page' ? page : 1
  const from = Math.max(0, Math.min(Math.max(0, pane.lines.length - page), pane.from + far * direction))
  return withPane(state, { ...pane, from })
}

function folded(state: State, how: 'close' | 'open' | 'turn'): State {
  const row = state.rows[state.cursor]
  if (row === undefined) return state
  const canFold = row.kind === 'service' || (row.below > 0 && state.order.sort === 'tree')
  const isClosing = how === 'close' || (how === 'turn' && !row.isFolded)
  if (canFold && row.isFolded !== isClosing) return withFolds(state, isClosing, [row.key])
  return how === 'close' ? { ...state, cursor: above(state.rows, state.cursor) } : state
}

/** The row that the one at `cursor` hangs below. */
function above(rows: readonly Row[], cursor: number): number {
  const row = rows[cursor]
  if (row.kind === 'service') return cursor
  const found = rows.findLastIndex(
    (other, index) => index < cursor && (other.kind === 'service' || other.level < row.level),
  )
  return Math.max(0, found)
}

function allFolded(state: State): State {
  const services = state.rows.filter(row => row.kind === 'service')
  const isClosing = services.some(row => !row.isFolded)
  return withFolds(
    state,
    isClosing,
    services.map(({ key }) => key),
  )
}

function withFolds(state: State, isClosing: boolean, keys: readonly string[]): State {
  const kept = new Set(state.order.folded)
  for (const key of keys) {
    if (isClosing) kept.add(key)
    else kept.delete(key)
  }
  return reordered(state, { folded: kept })
}

function asking(state: State, ending: Ending): State {
  return { ...state, mode: { kind: 'ask', ending } }
}

function endingOf(row: Row, tree: boolean): Ending {
  if (row.kind === 'service') return { kind: 'service', service: row.service.name, processes: row.service.processes }
  const { name, pid, startTicks } = row.process
  return { kind: 'process', name, pid, startTicks, below: row.below, tree }
}

function aboutRow(state: State, act: (row: Row) => Step): Step {
  const row = state.rows[state.cursor]
  return row === undefined ? only({ ...state, message: 'there is nothing to ask about' }) : act(row)
}

function only(state: State): Step {
  return { state, wish: null }
}
