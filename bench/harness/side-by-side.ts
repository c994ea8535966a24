/** Work that is counted, not timed, may run on all cores at once. */

import { availableParallelism } from 'node:os'

/** Does `work` for each item, as many at once as there are cores, and gives what it said in the order of the items. */
export async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const waiting = [...items.entries()]
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await work(next[1])
  }
  await Promise.all(Array.from({ length: Math.min(items.length, availableParallelism()) }, lane))
  return results
}
