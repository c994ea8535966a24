/** Processes that may appear at any moment: a run does not end, and an order to end is not done, while there are some. */

import type { DaemonContext } from './context.js'

/** Counts `spawning` as under way in the service until it has settled. */
export async function underWay<T>(context: DaemonContext, service: string, spawning: () => Promise<T>): Promise<T> {
  const { underWay: counts } = context
  const change = (by: number) => counts.set(service, (counts.get(service) ?? 0) + by)
  change(1)
  try {
    return await spawning()
  } finally {
    change(-1)
    context.check()
  }
}
