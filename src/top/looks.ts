/** What a look at the daemon, or one that failed, makes of the state. */

import type { Forest } from '../client/connect.js'
import { harmless } from '../terminal/harmless.js'
import { type Order, rowsOf } from './rows.js'
import { arranged, type Size, type State } from './state.js'

/** The state at the first look. */
export function firstState(forest: Forest, size: Size, order: Order): State {
  const rows = rowsOf(forest, order)
  return { size, forest, lost: null, order, rows, cursor: 0, from: 0, mode: { kind: 'list' }, message: '' }
}

/** The daemon has answered. One that is not the last one says so. */
export function seen(state: State, forest: Forest): State {
  const isOther = forest.daemonPid !== state.forest.daemonPid
  const message = isOther ? `another daemon answers: pid ${forest.daemonPid}` : state.message
  return arranged(state, { forest, lost: null, rows: rowsOf(forest, state.order), message })
}

/** The daemon has not answered: the last picture stays, and says how old it is. */
export function lost(state: State, reason: string, atMs: number): State {
  return { ...state, lost: { sinceMs: state.lost?.sinceMs ?? atMs, message: harmless(reason) } }
}

/** The same under another order. */
export function reordered(state: State, change: Partial<Order>): State {
  const order = { ...state.order, ...change }
  return arranged(state, { order, rows: rowsOf(state.forest, order) })
}
