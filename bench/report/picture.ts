/** A picture of a result: where it goes, and how it is drawn. */

import type { Kept } from './kept.js'

export interface Picture {
  /** Of its file, when it is one of those that stand alone. */
  readonly name: string
  readonly svg: string
}

/** Draws what one case has found; nothing where there is too little to draw. */
export type Draw = (kept: Kept) => Picture[]
