import t from 'tap'
import { createMatcher } from '../../../src/cli/grep.js'

t.test('a pattern says of each line whether it is found there', async t => {
  t.same(createMatcher('^a.+c$')(['abc', 'ac', 'xabc']), [true, false, false])
})

t.test('what is no pattern, or is too long, is told', async t => {
  t.throws(() => createMatcher('('), { name: 'UsageError', message: /--grep.*"\(".*regular expression/ })
  t.throws(() => createMatcher('a'.repeat(1001)), { name: 'UsageError', message: /1001 characters/ })
})

t.test('a pattern that would take for ever is given up', async t => {
  t.throws(() => createMatcher('^(a+)+$')([`${'a'.repeat(40)}!`]), { name: 'UsageError', message: /more than 2000 ms/ })
})
