import t from 'tap'
import { short, table, times } from '../../../bench/harness/table.js'

t.test('figures stand to the right, below their titles', async t => {
  t.same(table(['way', 'ns'], [['a long way', '5'], ['b', '1234'], ['c']]), [
    'way           ns',
    '----------  ----',
    'a long way     5',
    'b           1234',
    'c',
  ])
})

t.test('figures are as short as they may be', async t => {
  t.same([0.123, 7, 99.5, 420, 12_345, 1_234_567].map(short), ['0.123', '7.00', '99.5', '420', '12.3k', '1.23M'])
  t.equal(short(Number.NaN), '-')
  t.same([times(30, 20), times(300, 2), times(1, 0)], ['1.50 x', '150 x', '-'])
})
