/** The memory of a service as a whole: the sum of its processes, or what the kernel says of them together. */

import { FLAGS, FLOAT_SHIFT, ROW_SHIFT, S_MEMORY_USED, S_WHOLE_MEMORY } from '../../protocol/lane/rows.js'
import { endSome } from './metrics.js'
import { recountService } from './recount.js'
import type { Grove } from './state.js'

/** Processes that one word about a service may end; the next word ends more. */
const ENDED_MAX = 64

/** Whether somebody said what the service holds as a whole. */
export function isWhole(grove: Grove, service: number): boolean {
  return (grove.memory.rows[(service << ROW_SHIFT) + FLAGS] & S_WHOLE_MEMORY) !== 0
}

/** Writes what a service holds as a whole (NaN: nobody says so any more, its processes are added up again). */
export function updateServiceMemory(grove: Grove, service: number, bytes: number): void {
  const { memory } = grove
  const at = (service << ROW_SHIFT) + FLAGS
  const flags = memory.rows[at]
  if (Number.isNaN(bytes)) {
    if (!(flags & S_WHOLE_MEMORY)) return
    memory.set(at, flags & ~S_WHOLE_MEMORY)
    recountService(grove, service)
  } else {
    memory.set(at, flags | S_WHOLE_MEMORY)
    memory.setFloat((service << FLOAT_SHIFT) + S_MEMORY_USED, bytes)
  }
  for (let ended = 0; ended < ENDED_MAX && endSome(grove, service); ended++);
}
