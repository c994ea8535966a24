import t from 'tap'
import { packTargets, unpackTargets } from '../../../src/meter/targets.js'

t.test('targets arrive as they were sent', async t => {
  const targets = [
    { pid: 1, startTicks: 0, isSummed: false },
    { pid: 2 ** 22, startTicks: null, isSummed: true },
    { pid: 3, startTicks: 2 ** 52, isSummed: false },
  ]
  t.same(unpackTargets(packTargets(targets)), targets)
  t.same(unpackTargets(packTargets([{ pid: 4, startTicks: 5 }])), [{ pid: 4, startTicks: 5, isSummed: false }])
  t.same(unpackTargets(packTargets([])), [])
})
