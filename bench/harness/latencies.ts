/** How long a call takes, asked at a steady pace or again and again. */

import { setTimeout as delay } from 'node:timers/promises'
import { quantile } from './statistics.js'

/** Calls one after another, `paceMs` between an answer and the next call (0: none), until told to stop. In ms. */
export async function latenciesOf(
  call: () => Promise<unknown>,
  paceMs: number,
  isOver: () => boolean,
): Promise<number[]> {
  const latencies: number[] = []
  while (!isOver()) {
    const askedMs = performance.now()
    await call()
    latencies.push(performance.now() - askedMs)
    if (paceMs > 0) await delay(paceMs)
  }
  return latencies
}

/** The latency that a share of the calls does not exceed: 0.99 for all but one in a hundred, 1 for all. */
export function latencyOf(latencies: readonly number[], share: number): number {
  return quantile(
    [...latencies].sort((a, b) => a - b),
    share,
  )
}
