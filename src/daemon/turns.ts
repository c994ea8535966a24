/** One at a time: what changes the services of a daemon waits for what was asked before it. */

/** Runs `work` when all that was given before has settled; settles as it does. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>

/** Nothing waits yet. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const mine = last.then(work)
    // Whoever asked hears of a failure; the next one's turn comes all the same.
    last = mine.catch(() => undefined)
    return mine
  }
}
