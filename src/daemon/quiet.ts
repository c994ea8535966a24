/** Whether a daemon has nothing left to do. */

import type { DaemonContext } from './context.js'

/** Nothing lives and nothing is about to. */
export function isQuiet({ book, underWay, supervised }: DaemonContext): boolean {
  if (![...supervised.values()].every(service => service.isOver)) return false
  return book.living().length === 0 && [...underWay.values()].every(count => count === 0)
}
