/** A store that goes on when its disk does not: what cannot be written waits, bounded, and the files are opened anew until it can. */

import { keyOf } from './record.js'
import { type Change, mostOf, type Store, StoreError, type StoreState } from './store.js'

/** Changes of sequences that wait; past it the oldest goes, and is counted. Of slots the last change of each waits. */
const WAITING_MAX = 20_000

/** Pause between two attempts, in ms. */
const RETRY_MS = 1000

/** Changes of one batch when all that waited is written. */
const BATCH_CHANGES = 1000

/** How a store fares: for who watches it from outside. */
export interface StoreHealth {
  /** Whether what is recorded now outlives this process. */
  readonly isOnDisk: boolean
  /** Changes that wait for the disk; 0 while there is none to wait for. */
  readonly waiting: number
  /** Attempts to write, or to open the files anew, that failed. */
  readonly failures: number
  /** Changes that will never be stored: too many waited. */
  readonly lost: number
}

export interface ResilientOptions {
  readonly store: Store
  /** Opens the same files anew. Rejects, or gives one in memory, while that cannot be. */
  readonly reopen: () => Promise<Store>
  /** Hears when the disk fails, and when it serves again. */
  readonly say: (message: string) => void
  readonly retryMs?: number
}

export class ResilientStore implements Store {
  readonly #options: ResilientOptions
  #store: Store
  #reason: string | null = null
  #slots = new Map<string, Change>()
  #rest: Change[] = []
  #lost = 0
  #lostEver = 0
  #failures = 0
  /** What was in the batch that failed, and its number. */
  #doubtful: { readonly batch: number; readonly changes: Change[] } | null = null
  #timer: NodeJS.Timeout | null = null
  #retrying: Promise<void> | null = null
  #isClosed = false

  constructor(options: ResilientOptions) {
    this.#options = options
    this.#store = options.store
  }

  get batch(): number {
    return this.#store.batch
  }

  get state(): StoreState {
    return this.#reason === null ? this.#store.state : { place: 'memory', reason: this.#reason }
  }

  get health(): StoreHealth {
    return {
      isOnDisk: this.state.place === 'disk',
      waiting: this.#slots.size + this.#rest.length + (this.#doubtful?.changes.length ?? 0),
      failures: this.#failures,
      lost: this.#lostEver,
    }
  }

  /** Rejects only for what was to wait for the disk: the rest is kept as soon as it can be. */
  async write(changes: readonly Change[], isSynced = false): Promise<void> {
    if (this.#reason === null) {
      try {
        await this.#store.write(changes, isSynced)
        return
      } catch (error) {
        // What is in memory from the start stays there, and has said so.
        if (!(error instanceof StoreError) || this.#store.state.place === 'memory') throw error
        this.#fail(error)
        if (error.batch !== null && !isSynced) {
          this.#doubtful ??= { batch: error.batch, changes: [] }
          this.#doubtful.changes.push(...changes)
          return
        }
      }
    }
    for (const change of changes) this.#hold(change)
    if (isSynced) throw new StoreError('failed', `it is not stored: ${this.#reason ?? 'the disk failed'}`)
  }

  read(...args: Parameters<Store['read']>): ReturnType<Store['read']> {
    return this.#store.read(...args)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#retrying
    await this.#store.close()
  }

  #fail(error: StoreError): void {
    this.#failures++
    if (this.#reason !== null) return
    this.#reason = error.message
    this.#options.say(`the store fails, and what it should keep waits in memory: ${error.message}`)
    this.#retryLater()
  }

  #retryLater(): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#retrying = this.#retry()
    }, this.#options.retryMs ?? RETRY_MS).unref()
  }

  async #retry(): Promise<void> {
    try {
      await this.#store.close()
      this.#store = await this.#options.reopen()
      this.#settleDoubt()
      while (this.#slots.size + this.#rest.length > 0) await this.#writeSome()
      if (this.#store.state.place === 'memory') throw new StoreError('failed', this.#store.state.reason ?? '')
      this.#reason = null
      const lost = this.#lost === 0 ? 'nothing was lost' : `${this.#lost} records were lost meanwhile`
      this.#lost = 0
      this.#options.say(`the store serves again: ${lost}`)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.#failures++
      this.#retryLater()
    }
  }

  /** What failed may have been written: then it is not written again. */
  #settleDoubt(): void {
    if (this.#doubtful === null || this.#store.state.place === 'memory') return
    const { batch, changes } = this.#doubtful
    this.#doubtful = null
    if (this.#store.batch >= batch) return
    const [later, laterSlots] = [this.#rest, this.#slots]
    this.#rest = []
    this.#slots = new Map()
    for (const change of changes) this.#hold(change)
    this.#rest.push(...later)
    for (const [key, change] of laterSlots) this.#slots.set(key, change)
  }

  /** What comes meanwhile waits behind it. */
  async #writeSome(): Promise<void> {
    if (this.#store.state.place === 'memory') throw new StoreError('failed', this.#store.state.reason ?? '')
    const slots = [...this.#slots].slice(0, BATCH_CHANGES)
    const rest = this.#rest.splice(0, BATCH_CHANGES)
    const changes = [...slots.map(([, change]) => change), ...rest]
    for (const [key] of slots) this.#slots.delete(key)
    try {
      await this.#store.write(changes, true)
    } catch (error) {
      // Where no batch is named nothing was written: that is a batch that can never be there.
      if (error instanceof StoreError) this.#doubtful = { batch: error.batch ?? Number.POSITIVE_INFINITY, changes }
      throw error
    }
  }

  #hold(change: Change): void {
    if (!('oldest' in change) && mostOf(change.kind) === null) {
      const number = 'number' in change ? change.number : 0
      this.#slots.set(keyOf({ ...change, number }), change)
      return
    }
    this.#rest.push(change)
    if (this.#rest.length <= WAITING_MAX) return
    this.#rest.shift()
    this.#lost++
    this.#lostEver++
  }
}
