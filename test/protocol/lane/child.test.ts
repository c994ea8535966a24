import t from 'tap'
import { readChild } from '../../../protocol/lane/child.js'
import { writeFloat } from '../../../protocol/lane/operations.js'
import { CPU_PERCENT, ROW_INTS, RSS_BYTES, START_TICKS, STARTED_AT, TTL_MS } from '../../../protocol/lane/rows.js'

/** The child whose row holds `value` in each float that may be null. */
function childWith(value: number) {
  const ints = new Int32Array(ROW_INTS)
  for (const field of [START_TICKS, STARTED_AT, TTL_MS, CPU_PERCENT, RSS_BYTES]) writeFloat(ints, field * 2, value)
  return readChild(ints, 0, ints, ROW_INTS)
}

t.test('NaN of either sign is null, and every number is itself', async t => {
  const nothing = { startTicks: null, ttlMs: null, cpuPercent: null, rssBytes: null }
  const bits = new BigUint64Array(1)
  const floats = new Float64Array(bits.buffer)
  for (const nan of [0x7ff8000000000000n, 0xfff8000000000000n]) {
    bits[0] = nan
    t.match(childWith(floats[0]), nothing)
  }
  for (const value of [0, 1, -1, 0.5, 2 ** 53, Number.MAX_VALUE, Number.MIN_VALUE, Number.POSITIVE_INFINITY]) {
    t.match(childWith(value), { startTicks: value, ttlMs: value, cpuPercent: value, rssBytes: value })
  }
})
