/** A store being written by chance, and what it should hold: every value that a record ever had. */

import { keyOf } from '../../../src/store/record.js'
import type { Change, Store, StoredRecord } from '../../../src/store/store.js'
import { Violation } from '../campaign.js'
import type { Draw } from '../draw.js'

const SERVICES = ['api', 'web'] as const
const LIVES = 30

interface Value {
  readonly text: string | null
  /** False: it may be there, or the one before it. */
  readonly isKept: boolean
}

export class Model {
  /** By key: the values, the last one last; null for one that was emptied. */
  readonly #values = new Map<string, Value[]>()
  readonly #ends = new Map<string, number>()
  readonly #charges = new Map<string, number>()

  /** Draws some changes; once they are written `took` says so. */
  draw(draw: Draw): { readonly changes: readonly Change[]; readonly isSynced: boolean; took(): void } {
    const changes = Array.from({ length: 1 + draw.upTo(1) }, () => this.#change(draw))
    return { changes, isSynced: draw.upTo(4) === 0, took: () => this.#takeAll(changes) }
  }

  /** What is served must be true; all of it must be there where nothing is said to be wrong. */
  judge(records: readonly StoredRecord[], isWhole: boolean): void {
    const served = new Map(records.map(record => [keyOf(record), JSON.stringify(record.fields)]))
    for (const [key, value] of served) {
      const values = this.#values.get(key) ?? []
      if (!values.some(({ text }) => text === value)) {
        throw new Violation(`${key} is served as ${value}, which it never was`)
      }
      if ((isWhole || key.startsWith('service')) && !possible(values).includes(value)) {
        throw new Violation(`${key} is served as ${value}, and is ${values.at(-1)?.text}`)
      }
    }
    for (const [key, values] of this.#values) {
      const isNeeded = isWhole || key.startsWith('service')
      if (isNeeded && !possible(values).includes(null) && !served.has(key))
        throw new Violation(`${key} is not served, and nothing is said`)
    }
  }

  #change(draw: Draw): Change {
    const service = draw.oneOf(SERVICES)
    const pad = 'x'.repeat(draw.upTo(2000))
    // Ends are few: a batch without one that is lost leaves no hole in their numbers.
    switch (draw.upTo(8)) {
      case 0: {
        const charges = (this.#charges.get(service) ?? 0) + 1
        this.#charges.set(service, charges)
        return { kind: 'service', service, number: 0, fields: { charges } }
      }
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
      case 7: {
        const number = 1 + draw.upTo(LIVES)
        const fields = draw.upTo(2) === 0 ? null : { number, at: draw.upTo(1e9), pad }
        return { kind: 'life', service, number, fields }
      }
      default:
        return { kind: 'end', service, fields: { at: draw.upTo(1e9), pad } }
    }
  }

  #takeAll(changes: readonly Change[]): void {
    for (const change of changes) this.take(change)
  }

  /** One change that was written. `isKept` false: the writer was told that it is not stored. */
  take(change: Change, isKept = true): void {
    if ('oldest' in change) return
    const { kind, service, fields } = change
    const count = (this.#ends.get(service) ?? 0) + 1
    if (kind === 'end') this.#ends.set(service, count)
    const key = keyOf({ kind, service, number: 'number' in change ? change.number : count })
    this.#values.set(key, [
      ...(this.#values.get(key) ?? []),
      { text: fields === null ? null : JSON.stringify(fields), isKept },
    ])
  }
}

/** What may be there: the last that was kept, and all after it. */
function possible(values: readonly Value[]): readonly (string | null)[] {
  const last = values.findLastIndex(({ isKept }) => isKept)
  return [...(last < 0 ? [null] : []), ...values.slice(Math.max(0, last)).map(({ text }) => text)]
}

/** Writes so many drawn batches, several at once. */
export async function writeBatches(store: Store, model: Model, draw: Draw, count: number): Promise<void> {
  for (let left = count; left > 0; ) {
    const some = Array.from({ length: Math.min(left, 1 + draw.upTo(1)) }, () => model.draw(draw))
    left -= some.length
    await Promise.all(
      some.map(async ({ changes, isSynced, took }) => {
        took()
        await store.write(changes, isSynced)
      }),
    )
  }
}
