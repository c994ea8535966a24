/** Limits of a service as a seed draws them. */

import { parseLimits } from '../../../protocol/limit-parse.js'
import type { Limits } from '../../../protocol/limits.js'
import { TERMINATION_POLICIES } from '../../../protocol/trees.js'
import type { Random } from './random.js'

/** Small, so that each limit is reached. */
export function drawLimits(random: Random): Limits {
  const rate = (most: number) => ({ limit: random.between(1, most), windowMs: random.between(100, 1000) })
  return parseLimits({
    depth: random.between(2, 5),
    children: random.between(1, 4),
    descendants: random.between(2, 8),
    totalMemory: random.chance(30) ? 12_000 : 'none',
    terminationPolicy: random.pick(TERMINATION_POLICIES) ?? 'cascade',
    rate: random.chance(50) ? rate(4) : 'none',
    serviceRate: random.chance(30) ? rate(6) : 'none',
    lifetime: random.chance(40) ? random.between(1, 8) : 'none',
  })
}

/** What of them was drawn. */
export function describe({
  depth,
  children,
  descendants,
  totalMemory,
  terminationPolicy,
  rate,
  serviceRate,
  lifetime,
}: Limits): string {
  return JSON.stringify({ depth, children, descendants, totalMemory, terminationPolicy, rate, serviceRate, lifetime })
}
