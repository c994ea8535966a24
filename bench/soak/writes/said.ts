/** What a writer says of itself. */

import type { Change } from '../../../src/store/store.js'

/** Turns of a writer, each of a drawn change or two. */
export const TURNS = 24

export interface Said {
  /** In order. `isKept` false: it was told that this is not stored, which may be all the same. */
  readonly written: readonly { readonly change: Change; readonly isKept: boolean }[]
  /** What was said of the store. */
  readonly notes: readonly string[]
  /** Why nothing is stored, at the end; null: all is. */
  readonly reason: string | null
}
