/** What there should be in a store, as sums that every batch writes down: what has gone missing is noticed by them. */

import { keyOf, type RecordKey } from './record.js'
import { type Change, mostOf, type StoredFields } from './store.js'

/** The sums after a batch. Each rises or is made anew, so one that a lost or a risen record leaves behind differs. */
export interface Sums {
  /** Batches ever written. */
  readonly batch: number
  /** Of the last numbers of all sequences. */
  readonly lasts: number
  /** Of the first numbers that all sequences still have. */
  readonly firsts: number
  /** Of the stamps of all slots. */
  readonly stamps: number
}

/** One record to be put, or with null to be deleted. */
export interface Step {
  readonly key: string
  readonly place: RecordKey
  readonly fields: StoredFields | null
}

interface Sequence {
  first: number
  last: number
}

export class Tally {
  #batch = 0
  #lasts = 0
  #firsts = 0
  #stamps = 0
  readonly #sequences = new Map<string, Sequence>()
  readonly #slots = new Map<string, number>()

  get sums(): Sums {
    return { batch: this.#batch, lasts: this.#lasts, firsts: this.#firsts, stamps: this.#stamps }
  }

  /** Goes on from a batch that was read. */
  resume(batch: number): void {
    this.#batch = batch
  }

  /** Takes in a record that was read, in the order of keys; gives the numbers that are missing before it. */
  found(place: RecordKey, stamp: number): { readonly from: number; readonly to: number } | null {
    if (mostOf(place.kind) === null) {
      this.#setSlot(keyOf(place), stamp)
      return null
    }
    const name = `${place.kind}!${place.service}`
    const last = this.#sequences.get(name)?.last
    this.#append(name, place.number)
    return last === undefined || place.number === last + 1 ? null : { from: last + 1, to: place.number - 1 }
  }

  /** The steps of a batch of changes, and the number of the batch. */
  plan(changes: readonly Change[]): { readonly stamp: number; readonly steps: readonly Step[] } {
    const stamp = ++this.#batch
    return { stamp, steps: changes.flatMap(change => this.#steps(change, stamp)) }
  }

  #steps(change: Change, stamp: number): readonly Step[] {
    const { kind, service } = change
    const name = `${kind}!${service}`
    if ('oldest' in change) return this.#trim(change, change.oldest)
    const most = mostOf(kind)
    if (most === null) {
      const place = { kind, service, number: 'number' in change ? change.number : 0 }
      const key = keyOf(place)
      if (change.fields === null && !this.#slots.has(key)) return []
      this.#setSlot(key, change.fields === null ? null : stamp)
      return [{ key, place, fields: change.fields }]
    }
    const number = 'number' in change ? change.number : (this.#sequences.get(name)?.last ?? 0) + 1
    const { first, last } = this.#append(name, number)
    const place = { kind, service, number }
    const added: Step = { key: keyOf(place), place, fields: change.fields }
    return [added, ...this.#trim(change, last - first + 1 - most)]
  }

  #trim({ kind, service }: Pick<Change, 'kind' | 'service'>, count: number): readonly Step[] {
    const sequence = this.#sequences.get(`${kind}!${service}`)
    const steps: Step[] = []
    // The last one stays, or its number would be given again.
    while (sequence !== undefined && steps.length < count && sequence.first < sequence.last) {
      this.#firsts++
      const place = { kind, service, number: sequence.first++ }
      steps.push({ key: keyOf(place), place, fields: null })
    }
    return steps
  }

  #append(name: string, number: number): Sequence {
    const known = this.#sequences.get(name)
    this.#lasts += number - (known?.last ?? 0)
    if (known !== undefined) {
      known.last = number
      return known
    }
    this.#firsts += number
    const sequence = { first: number, last: number }
    this.#sequences.set(name, sequence)
    return sequence
  }

  #setSlot(key: string, stamp: number | null): void {
    this.#stamps += (stamp ?? 0) - (this.#slots.get(key) ?? 0)
    if (stamp === null) this.#slots.delete(key)
    else this.#slots.set(key, stamp)
  }
}
