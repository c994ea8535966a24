/** The port through which a daemon keeps what is to outlive it: records of a kind, below a service. */

/** What is kept of a kind: the latest of a number, each under its own; or a sequence without holes, oldest first. */
export type Keeping = 'slots' | { readonly most: number }

/** Every kind of record, and how many of a sequence are kept of one service: past it the oldest goes. */
export const RECORD_KINDS = {
  /** Slot 0: what a service has used up for life. */
  service: 'slots',
  /** Slot 0: limits that were set while a service ran. */
  limits: 'slots',
  /** A process that lives, by the number of its life. */
  life: 'slots',
  end: { most: 10_000 },
  refusal: { most: 1000 },
  /** The first refusal of a parent, rule and second, and how many there were. */
  flood: { most: 1000 },
  /** An entry of the chronicle of events. */
  event: { most: 4096 },
} as const satisfies Readonly<Record<string, Keeping>>

export type RecordKind = keyof typeof RECORD_KINDS

/** What a record holds. It goes to the disk as JSON. */
export type StoredFields = Readonly<Record<string, unknown>>

/** One change. A sequence is appended to, its number is the store's; a slot is written over, or emptied by null. */
export type Change =
  | { readonly kind: RecordKind; readonly service: string; readonly fields: StoredFields }
  | {
      readonly kind: RecordKind
      readonly service: string
      readonly number: number
      readonly fields: StoredFields | null
    }
  /** So many of the oldest of a sequence go. */
  | { readonly kind: RecordKind; readonly service: string; readonly oldest: number }

/** A record as it is kept. */
export interface StoredRecord {
  readonly kind: RecordKind
  readonly service: string
  readonly number: number
  readonly fields: StoredFields
}

/** How a store keeps its promise now. `reason` null: as it should. */
export interface StoreState {
  readonly place: 'disk' | 'memory'
  readonly reason: string | null
}

export interface Store {
  readonly state: StoreState
  /** The last batch that is in it; 0 in memory. */
  readonly batch: number
  /**
   * All of the changes, or none. Resolves when they survive the death of this process; with `isSynced` that of the machine too.
   * @throws {StoreError} when they are not kept.
   */
  write(changes: readonly Change[], isSynced?: boolean): Promise<void>
  /** Records of one kind and service in the order of their numbers, `from` and `to` included. */
  read(kind: RecordKind, service: string, from?: number, to?: number): AsyncIterable<StoredRecord>
  /** Waits for what is being written. */
  close(): Promise<void>
}

/** `newer`: of a later version of us; `locked`: another daemon has it; `damaged`; `failed`: the disk does not do as it is told. */
export type StoreErrorCode = 'newer' | 'locked' | 'damaged' | 'failed'

/** A store that cannot be used, or has not kept what it was given. `message` names it, the rule and the way out. */
export class StoreError extends Error {
  readonly code: StoreErrorCode
  /** The batch that failed; it may be in the files all the same. Null: nothing was written. */
  readonly batch: number | null

  constructor(code: StoreErrorCode, message: string, options?: { readonly cause?: unknown; readonly batch?: number }) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
    this.batch = options?.batch ?? null
  }
}

/** Whether a kind is a sequence, and how many of it are kept; null for slots. */
export function mostOf(kind: RecordKind): number | null {
  const keeping: Keeping = RECORD_KINDS[kind]
  return keeping === 'slots' ? null : keeping.most
}
