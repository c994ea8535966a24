/** Which process a row is of: pids come again, start ticks tell two of the same pid apart. NaN stands for unknown ticks. */

import { FLOAT_SHIFT, START_TICKS } from '../../protocol/lane/rows.js'
import type { Grove } from './state.js'

/** Whether a row may be of the process with these start ticks. */
export function sameTicks(grove: Grove, slot: number, startTicks: number): boolean {
  const known = grove.memory.floats[(slot << FLOAT_SHIFT) + START_TICKS]
  return Number.isNaN(known) || Number.isNaN(startTicks) || known === startTicks
}

/** Whether a row is of a process that started before these ticks; false where either is unknown. */
export function startedBefore(grove: Grove, slot: number, startTicks: number): boolean {
  return grove.memory.floats[(slot << FLOAT_SHIFT) + START_TICKS] < startTicks
}
