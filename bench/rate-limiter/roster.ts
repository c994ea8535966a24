/** Everybody who takes part. */

import { manualClock } from '../../src/testing.js'
import { filteredArray } from './definitions/filtered-array.js'
import { fixedWindow } from './definitions/fixed-window.js'
import { gcra } from './definitions/gcra.js'
import { slidingCounter } from './definitions/sliding-counter.js'
import { tokenBucket } from './definitions/token-bucket.js'
import type { Entry, Limiter } from './limiter.js'
import * as peers from './peers.js'
import { ring } from './ring.js'
import { supervisor } from './supervisor.js'

/** Ours first, then algorithms by their definition, then packages. */
export const ROSTER: readonly Entry[] = [
  { ...ours('espalier', () => supervisor(manualClock())), openOnSystemClock: () => supervisor(null) },
  ours('espalier, ring alone', async nowMs => ring(nowMs)),
  // It reads Instant::now, which never steps.
  { ...defined('filtered array', filteredArray), clock: 'monotonic' },
  defined('sliding counter', slidingCounter),
  defined('fixed window', fixedWindow),
  defined('token bucket', tokenBucket),
  defined('GCRA', gcra),
  { ...packaged('limiter', 'gate', peers.limiter), clock: 'monotonic' },
  packaged('rate-limiter-flexible', 'gate', peers.rateLimiterFlexible),
  // It looks every 250 ms whether its reservoir is due.
  { ...packaged('bottleneck', 'queue', peers.bottleneck), keys: 2_000, pauseMs: 300 },
  { ...packaged('p-throttle', 'queue', () => peers.pThrottle(false)), keys: 10_000 },
  { ...packaged('p-throttle', 'queue', () => peers.pThrottle(true)), name: 'p-throttle, strict', keys: 10_000 },
  { ...packaged('p-queue', 'queue', () => peers.pQueue(false)), keys: 10_000 },
  { ...packaged('p-queue', 'queue', () => peers.pQueue(true)), name: 'p-queue, strict', keys: 10_000 },
]

/** @throws {RangeError} naming who there is */
export function entryOf(name: string | undefined): Entry {
  const entry = ROSTER.find(each => each.name === name)
  if (entry === undefined)
    throw new RangeError(`no limiter '${name}'; there are ${ROSTER.map(each => each.name).join('; ')}`)
  return entry
}

function ours(name: string, open: Entry['open']): Entry {
  return { name, kind: 'gate', clock: 'monotonic', origin: 'espalier', open }
}

/** Fed the wall clock, as it commonly is. */
function defined(name: string, create: (nowMs: () => number) => Limiter): Entry {
  return { name, kind: 'gate', clock: 'wall', origin: 'definition', open: async nowMs => create(nowMs) }
}

function packaged(name: string, kind: Entry['kind'], open: () => Promise<Limiter>): Entry {
  return { name, kind, clock: 'wall', origin: 'package', package: name, open }
}
