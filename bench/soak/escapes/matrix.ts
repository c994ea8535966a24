/** What a campaign of escapes found: rounds and survivors by way and user. */

import { table } from '../../harness/table.js'
import { type EscapeOrder, type EscapeWay, ORDERS, WAYS } from './ways.js'

interface Cell {
  escapes: number
  survivors: number
  cannot: number
}

/** A row a way, a column for each user and order: `survivors of escapes`. */
export class Matrix {
  readonly #users: readonly string[]
  readonly #cells = new Map<string, Cell>()

  constructor(users: readonly string[]) {
    this.#users = users
  }

  add(way: EscapeWay, user: string, order: EscapeOrder, survivors: number, could: boolean): void {
    const key = `${way} ${user} ${order}`
    const cell = this.#cells.get(key) ?? { escapes: 0, survivors: 0, cannot: 0 }
    cell.escapes++
    cell.survivors += survivors
    if (!could) cell.cannot++
    this.#cells.set(key, cell)
  }

  lines(): readonly string[] {
    const columns = this.#users.flatMap(user => ORDERS.map(order => ({ user, order })))
    const head = ['survivors of escapes', ...columns.map(({ user, order }) => `${user}, ${order}`)]
    return table(
      head,
      WAYS.map(way => [way, ...columns.map(({ user, order }) => this.#cell(`${way} ${user} ${order}`))]),
    )
  }

  #cell(key: string): string {
    const cell = this.#cells.get(key)
    if (cell === undefined) return '-'
    const { escapes, survivors, cannot } = cell
    return `${survivors} of ${escapes}${cannot > 0 ? ` (not allowed here: ${cannot})` : ''}`
  }
}
