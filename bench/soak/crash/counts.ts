/** What a storm says of itself: the model with which the books of the daemon are compared. */

/** Sleepers of a storm that live on through every death. */
export const GARDEN = 7

export interface StormCounts {
  /** Processes ever asked for. */
  readonly asked: number
  /** Asks that were answered by a process. */
  readonly spawned: number
  /** Asks whose daemon or host died under them: each may have been carried out. */
  readonly unknown: number
  /** Number of the last child that was asked for. */
  readonly last: number
}
