/** The key `abandoned`: what a keeper does with its service when no daemon is there. */

import { show } from '../../protocol/show.js'
import { readDuration } from '../../protocol/units.js'
import type { Complain } from './fields.js'
import type { ServiceConfig } from './types.js'

/** How long a daemon is waited for where only `stop` is said, in ms. */
const STOP_MS = 60_000

/** Longest wait, in ms: 24 days, as a timer of 32 bits holds it. */
const WAIT_MAX_MS = 2 ** 31 - 1

/** `keep`, `stop`, or how long to wait before it is stopped; null for none, or once it has complained. */
export function readAbandoned(value: unknown, complain: Complain): ServiceConfig['abandoned'] | null {
  if (value === undefined || value === null) return null
  if (value === 'keep') return { keep: true, afterMs: STOP_MS }
  if (value === 'stop') return { keep: false, afterMs: STOP_MS }
  const parsed = readDuration(value)
  if (parsed.ok && parsed.value <= WAIT_MAX_MS) return { keep: false, afterMs: parsed.value }
  complain([], `${show(value)} is not understood; give keep, stop, or how long to wait for a daemon, such as 30s`)
  return null
}
