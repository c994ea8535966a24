import t from 'tap'
import { timeLeft } from '../../../bench/harness/time-left.js'

t.test('what is left takes as long as what is done took', async t => {
  t.equal(timeLeft(0, 1000), '')
  t.equal(timeLeft(0.5, 20_000), ', 20 s left')
  t.equal(timeLeft(0.25, 59_000), ', 3 min left')
  t.equal(timeLeft(1, 59_000), ', 0 s left')
})
