import t from 'tap'
import { aligned } from '../../../src/cli/columns.js'

t.test('cells of a column begin below each other, and no line ends in blanks', async t => {
  t.same(
    aligned([
      ['web', 'running', 'a'],
      ['a-longer-one', 'failed', ''],
    ]),
    ['web           running  a', 'a-longer-one  failed'],
  )
  t.same(aligned([]), [])
})
