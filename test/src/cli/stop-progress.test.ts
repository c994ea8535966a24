import t from 'tap'
import { stillThereLines } from '../../../src/cli/stop-progress.js'
import { forestOf, processReport, serviceReport } from '../../support/forest.js'

const limits = { ...serviceReport('x').limits, graceMs: 5000 }
const many = Array.from({ length: 9 }, (_, index) => processReport('db', 20 + index))
const forest = forestOf(
  [serviceReport('db', { limits }), serviceReport('gone', { limits }), serviceReport('web', { limits })],
  [...many, processReport('web', 11, { name: 'stubborn' })],
)

t.test('each service of which something is still there has a line with the time until KILL', async t => {
  t.same(stillThereLines(forest, null, 1500), [
    'db: 9 still there, KILL in 3.5s: p20 (pid 20), p21 (pid 21), p22 (pid 22), p23 (pid 23), p24 (pid 24), p25 (pid 25) and 3 more',
    'web: 1 still there, KILL in 3.5s: stubborn (pid 11)',
  ])
  t.same(stillThereLines(forest, 'web', 5000), ['web: 1 still there, KILL was sent: stubborn (pid 11)'])
  t.same(stillThereLines(forest, 'gone', 0), [])
})
