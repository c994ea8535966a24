import fc from 'fast-check'
import t from 'tap'
import { show } from '../../protocol/show.js'

t.test('a value is shown in one short line', async t => {
  t.equal(show('1.5X'), '"1.5X"')
  t.equal(show('a\nb'), '"a\\nb"')
  t.equal(show('x'.repeat(100)), `"${'x'.repeat(60)}"... (100 characters)`)
  t.equal(show(Number.NaN), 'NaN')
  t.equal(show(null), 'null')
  t.equal(show([1]), 'a list')
  t.equal(
    show(() => 1),
    'a function',
  )
})

t.test('nothing that a value brings along runs, and no line grows', async t => {
  const trap = { toString: () => t.fail('toString ran'), toJSON: () => t.fail('toJSON ran') }
  t.equal(show(trap), 'an object')
  fc.assert(
    fc.property(fc.anything({ withBigInt: true }), value => show(value).length < 400 && !show(value).includes('\n')),
  )
})
