/** Which limits of a service more is used of than they allow. */

import type { Limits } from '../../../protocol/limits.js'
import { type OverLimit, overLimits } from '../../../protocol/over-limits.js'
import type { SpawnTree } from '../../../protocol/trees.js'
import type { DaemonContext } from '../context.js'

/** By the figures of this moment. */
export async function overOf(context: DaemonContext, service: string, limits: Limits): Promise<readonly OverLimit[]> {
  const living = context.book.living(service)
  return overIn(context, service, limits, living.length === 0 ? null : await context.core.getSpawnTree(living[0].pid))
}

/** The same where the tree was read already; null: nothing of it lives. */
export function overIn(
  { book }: DaemonContext,
  service: string,
  limits: Limits,
  tree: SpawnTree | null,
): readonly OverLimit[] {
  const living = book.living(service)
  const children = new Map<number, number>()
  let levels = 0
  for (const { parentPid, depth } of living) {
    levels = Math.max(levels, depth + 1)
    if (parentPid !== null) children.set(parentPid, (children.get(parentPid) ?? 0) + 1)
  }
  return overLimits(limits, {
    levels,
    children: [...children.values()].reduce((most, count) => Math.max(most, count), 0),
    descendants: tree === null ? 0 : tree.liveDescendants + tree.reservations,
    memoryUsed: tree?.memoryUsed ?? 0,
  })
}
