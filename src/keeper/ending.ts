/** Orders to end nodes with their forks, or a whole service. */

import type { TerminationReason } from '../../protocol/events.js'
import type { Keeper } from './keeper.js'
import type { Known } from './known.js'
import { type Order, startOrder } from './order.js'
import { within } from './waiting.js'

/** How long a keeper may take to leave after its last answer, in ms. */
const LEAVE_MS = 5000

/** TERM, grace, KILL to nodes of one keeper. */
export function endNodes(
  keeper: Keeper,
  known: readonly Known[],
  reason: TerminationReason,
  graceMs: number,
): Promise<void> {
  const ids = known.map(({ kept }) => kept.id)
  const order = startOrder(
    {
      signal: signal => keeper.signal(ids, signal, reason),
      kill: () => keeper.kill(ids, reason),
      reaped: () => Promise.all(known.map(({ kept }) => kept.exited)),
    },
    graceMs,
  )
  for (const one of known) one.order = order
  return order.done.finally(() => {
    for (const one of known) one.order = null
  })
}

/**
 * The end of all that a keeper keeps, which may be starting still, and of those that it did not start: `straysOf` gives them, who
 * only watch.
 */
export function startServiceEnd(opening: Promise<Keeper>, graceMs: number, straysOf: () => readonly Known[]): Order {
  const reaped = async () => {
    const keeper = await opening
    await Promise.all([...keeper.running, ...straysOf().map(one => one.kept)].map(kept => kept.exited))
  }
  return startOrder(
    {
      signal: async signal => {
        const keeper = await opening
        for (const { group } of straysOf()) group?.ordered('stop')
        return keeper.signal([0], signal, 'stop')
      },
      kill: async () => {
        const keeper = await opening
        for (const { group } of straysOf()) group?.ordered('stop')
        const left = await keeper.kill([0], 'stop')
        if (left === null) await within(LEAVE_MS, keeper.left)
        return left
      },
      reaped,
    },
    graceMs,
  )
}
