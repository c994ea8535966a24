import t from 'tap'
import { parseLimits } from '../../protocol/limit-parse.js'
import { overLimits, overText } from '../../protocol/over-limits.js'

t.test('what stands above its limit is named with both numbers, what stands at it is not', async t => {
  const limits = parseLimits({ depth: 2, children: 5, descendants: 10, totalMemory: '1M' })
  t.strictSame(overLimits(limits, { levels: 2, children: 5, descendants: 10, memoryUsed: 1024 ** 2 }), [])
  const over = overLimits(limits, { levels: 3, children: 6, descendants: 11, memoryUsed: 2 * 1024 ** 2 })
  t.strictSame(over.map(overText), [
    'depth 3/2 over its limit',
    'children 6/5 over its limit',
    'descendants 11/10 over its limit',
    'total_memory 2M/1M over its limit',
  ])
  t.strictSame(overLimits(parseLimits({}), { levels: 1, children: 0, descendants: 0, memoryUsed: 2 ** 50 }), [])
})
