/** One launch a turn of the event loop. */

/**
 * Gives turns, first come first served: each resolves in an iteration of the event loop of its own. Starting a process
 * stops this thread for 1.4 ms (libuv forks in it); a hundred that were granted at once would stop it for as long as all
 * of them together, and nobody else would be heard.
 */
export function createTurns(): () => Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  return () => {
    const turn = last.then(() => new Promise<void>(begin => setImmediate(begin)))
    last = turn
    return turn
  }
}
