/** How long the event loop of this process was kept from running, in ms. */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

export interface Pauses {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** Looks this often, in ms; the least that a timer of Node can. A pause shorter than this is not seen. */
const LOOK_MS = 1
/** Long enough for a look, in ms. */
const LOOKS_MS = 3 * LOOK_MS
const NS_A_MS = 1e6

/** Pauses while `work` goes on: how much later than due a timer came. */
export async function pausesOf<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly pauses: Pauses }> {
  const histogram = monitorEventLoopDelay({ resolution: LOOK_MS })
  histogram.enable()
  // Its first look only sets the beginning; and a pause that lasts to the end is seen only when it is over.
  await delay(LOOKS_MS)
  const result = await work()
  await delay(LOOKS_MS)
  histogram.disable()
  // Node counts from timer to timer, so that nothing at all is one look.
  const late = (ns: number) => Math.max(0, ns / NS_A_MS - LOOK_MS)
  const pauses = {
    p50Ms: late(histogram.percentile(50)),
    p99Ms: late(histogram.percentile(99)),
    maxMs: late(histogram.max),
  }
  return { result, pauses }
}
