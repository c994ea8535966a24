/** Everything that `top` shows, as one value; what changes it is in `step.ts` and `looks.ts`. */

import type { Forest } from '../client/connect.js'
import type { Order, Row } from './rows.js'

/** The terminal, in cells. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/** An answer that is read over the whole screen. */
export interface Pane {
  readonly title: string
  /** Safe for a terminal. */
  readonly lines: readonly string[]
  /** Lines above the first that is shown. */
  readonly from: number
}

/** An end that is asked about before it is ordered. */
export type Ending =
  | { readonly kind: 'service'; readonly service: string; readonly processes: number }
  | {
      readonly kind: 'process'
      readonly name: string
      readonly pid: number
      readonly startTicks: number | null
      /** Processes below it. */
      readonly below: number
      /** True: those too, whatever the policy. */
      readonly tree: boolean
    }

/** What keys mean at the moment. */
export type Mode =
  | { readonly kind: 'list' }
  /** `before` comes back when it is given up. */
  | { readonly kind: 'filter'; readonly before: string }
  | { readonly kind: 'ask'; readonly ending: Ending }
  | { readonly kind: 'pane'; readonly pane: Pane }

export interface State {
  readonly size: Size
  readonly forest: Forest
  /** Null: the daemon answered the last look. Else since when it does not (Unix ms), and what it said. */
  readonly lost: { readonly sinceMs: number; readonly message: string } | null
  readonly order: Order
  readonly rows: readonly Row[]
  /** Index into `rows`; 0 when there are none. */
  readonly cursor: number
  /** Lines of the list above the first that is shown. */
  readonly from: number
  readonly mode: Mode
  /** A sentence below the list until the next key; safe for a terminal. */
  readonly message: string
}

/** Rows under the order, with the cursor on the row that it was on, or near it. */
export function arranged(state: State, change: Partial<State>): State {
  const next = { ...state, ...change }
  const key = state.rows[state.cursor]?.key
  const found = next.rows.findIndex(row => row.key === key)
  const cursor = found >= 0 ? found : Math.max(0, Math.min(state.cursor, next.rows.length - 1))
  return { ...next, cursor }
}
