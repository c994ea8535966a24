import t from 'tap'
import { jain } from '../../../bench/fairness/jain.js'

t.test('the index is 1 when all get the same, and 1 / n when one gets all', async t => {
  t.equal(jain([7, 7, 7]), 1)
  t.equal(jain([9, 0, 0]), 1 / 3)
  t.equal(jain([0, 0]), 1)
})

t.test('half of them with everything make a half, whatever the unit', async t => {
  t.equal(jain([2, 2, 0, 0]), 0.5)
  t.equal(jain([200, 200, 0, 0]), 0.5)
})
