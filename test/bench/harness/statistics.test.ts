import t from 'tap'
import { quantile, summarize } from '../../../bench/harness/statistics.js'

t.test('the median does not mind one bad round, and the spread tells of it', async t => {
  t.same(summarize([10]), { median: 10, spread: 0, rounds: 1 })
  t.equal(summarize([9, 1000, 10, 11, 10]).median, 10)
  t.equal(summarize([8, 9, 10, 11, 12]).spread, 0.1)
  t.throws(() => summarize([]), { message: /at least one/ })
})

t.test('a quantile between two figures lies between them', async t => {
  t.equal(quantile([0, 10], 0.25), 2.5)
  t.equal(quantile([1, 2, 3], 1), 3)
})
