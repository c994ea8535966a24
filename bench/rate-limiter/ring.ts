/** Our own rate log alone: the ring of the tree actor, on a memory of its own, with its undo log. */

import { allocate } from '../../actors/tree/buffers.js'
import { Memory } from '../../actors/tree/memory.js'
import { push, release, waitMs } from '../../actors/tree/ring.js'
import { RING, ROW_INTS } from '../../protocol/lane/rows.js'
import { LIMIT, type Limiter, WINDOW_MS } from './limiter.js'

/** Pids there are; the product finds a row by its pid in an array as long. */
const PIDS = 2 ** 22

export function ring(nowMs: () => number): Limiter {
  const memory = new Memory(allocate(), () => undefined)
  const slots = new Int32Array(PIDS)
  const take = (key: number) => {
    memory.ensure(1, 0)
    const slot = memory.takeRow()
    memory.set(slot * ROW_INTS + RING, 0)
    memory.commit()
    slots[key] = slot
    return slot
  }
  return {
    ask(key) {
      const slot = slots[key] || take(key)
      const now = nowMs()
      const wait = waitMs(memory, slot, LIMIT, WINDOW_MS, now)
      if (wait !== 0) return wait
      push(memory, slot, LIMIT, WINDOW_MS, now)
      memory.commit()
      return 0
    },
    meet: take,
    forget(key) {
      const slot = slots[key]
      release(memory, slot)
      memory.giveRow(slot)
      memory.commit()
      slots[key] = 0
    },
  }
}
