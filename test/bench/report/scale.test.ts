import t from 'tap'
import { linear, logarithmic } from '../../../bench/report/scale.js'

t.test('a linear scale begins at 0 and ends above the most', async t => {
  const scale = linear(59, 100, 700)
  t.same(scale.ticks, [0, 10, 20, 30, 40, 50, 60])
  t.same([scale.at(0), scale.at(30), scale.at(60)], [100, 400, 700])
})

t.test('a logarithmic scale has equal steps for equal ratios, and names powers of ten', async t => {
  const scale = logarithmic(100, 1_000_000, 0, 400)
  t.same(scale.ticks, [100, 1_000, 10_000, 100_000, 1_000_000])
  t.same([100, 1_000, 1_000_000].map(scale.at), [0, 100, 400])
  t.same(logarithmic(30, 500, 0, 1).ticks, [100])
})
