/** The end of all that a keeper keeps, and of the keeper. */

import type { Keeper } from './keeper.js'
import { type Order, startOrder } from './order.js'
import { within } from './waiting.js'

/** How long a keeper may take to leave after its last answer, in ms. */
const LEAVE_MS = 5000

/** An order on everything of a keeper, which may be starting still. */
export function startServiceEnd(opening: Promise<Keeper>, graceMs: number): Order {
  const reaped = async () => {
    const keeper = await opening
    await Promise.all(keeper.running.map(kept => kept.exited))
  }
  return startOrder(
    {
      signal: async signal => (await opening).signal([0], signal, 'stop'),
      kill: async () => {
        const keeper = await opening
        const left = await keeper.kill([0], 'stop')
        if (left === null) await within(LEAVE_MS, keeper.left)
        return left
      },
      reaped,
    },
    graceMs,
  )
}
