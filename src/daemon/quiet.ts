/** Whether a daemon has nothing left to do. */

import type { DaemonContext } from './context.js'

/** Nothing lives and nothing is about to. */
export function isQuiet({ book, underWay, supervised }: DaemonContext): boolean {
  if (![...supervised.values()].every(service => service.isOver)) return false
  return book.living().length === 0 && [...underWay.values()].every(count => count === 0)
}

/** Whether it has all ended, or will: then what is started would outlive the order. */
export function isEnding(context: DaemonContext): boolean {
  return isQuiet(context) || [...context.supervised.values()].every(({ isHalted }) => isHalted)
}
