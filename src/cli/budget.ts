/** What a living process may still spawn, by the limits of its service. */

import { formatBytes, formatDuration } from '../../protocol/format.js'
import type { ServiceReport } from '../../protocol/wire/answers.js'

/** Limits with what is left of each, for a process at `depth` with so many living children. */
export function budgetText(
  service: ServiceReport,
  depth: number,
  children: number,
): readonly (readonly [string, string])[] {
  const { limits, liveDescendants, reservations, memoryUsed } = service
  const levels = Math.max(0, limits.depth - 1 - depth)
  const below = liveDescendants + reservations
  const memory =
    limits.totalMemory === null
      ? 'memory no limit'
      : `memory ${formatBytes(Math.max(0, limits.totalMemory - memoryUsed))} of ${formatBytes(limits.totalMemory)}`
  const rate =
    limits.rate === null ? 'no rate' : `${limits.rate.limit} spawns per ${formatDuration(limits.rate.windowMs)}`
  return [
    ['place', `depth ${depth} of ${limits.depth - 1}: ${levels === 0 ? 'no children here' : `${levels} more below`}`],
    ['left', `children ${left(limits.children, children)}, descendants ${left(limits.descendants, below)}, ${memory}`],
    ['limits', `${rate}, ${limits.terminationPolicy} when it dies unbidden, ${formatDuration(limits.graceMs)} grace`],
  ]
}

function left(limit: number, used: number): string {
  return `${Math.max(0, limit - used)} of ${limit}`
}
