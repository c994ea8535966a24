/** A rate log's stamps are ms modulo 2^32: once in 2^30 ms (12 days) those that no longer count are dropped everywhere. */

import {
  FLAGS,
  FREE,
  HEADER_ROWS,
  L_RATE_WINDOW,
  L_SERVICE_RATE_WINDOW,
  LIMITS_ROW,
  ROW_SHIFT,
  SERVICE,
  SERVICE_ROW,
  STATE_MASK,
} from '../../protocol/lane/rows.js'
import { sweep } from './ring.js'
import type { Grove } from './state.js'

const EPOCH_MS = 2 ** 30

/** Sweeps when time passes from one epoch to another. */
export function sweepRates(grove: Grove, beforeMs: number, nowMs: number): void {
  if (Math.floor(beforeMs / EPOCH_MS) === Math.floor(nowMs / EPOCH_MS)) return
  const { memory } = grove
  const everything = nowMs - beforeMs >= EPOCH_MS
  for (let slot = HEADER_ROWS; slot < memory.rowsEnd(); slot++) {
    const state = memory.rows[(slot << ROW_SHIFT) + FLAGS] & STATE_MASK
    if (state === FREE || state === LIMITS_ROW) continue
    const service = memory.rows[(slot << ROW_SHIFT) + SERVICE]
    const window = state === SERVICE_ROW ? L_SERVICE_RATE_WINDOW : L_RATE_WINDOW
    sweep(memory, slot, grove.limit(service, window), Math.floor(nowMs) | 0, everything)
  }
  memory.checkpoint()
}
