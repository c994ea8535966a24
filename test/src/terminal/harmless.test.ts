import fc from 'fast-check'
import t from 'tap'
import { fit } from '../../../src/terminal/fit.js'
import { harmless, harmlessJson } from '../../../src/terminal/harmless.js'

t.test('control characters are written out, tabs and plain text stay', async t => {
  t.equal(harmless('a\u001b[2J\u0007\u0000\r\nb\tc'), 'a\\x1b[2J\\x07\\x00\\x0d\\x0ab\tc')
  t.equal(harmless('\u009b31m\u007f'), '\\x9b31m\\x7f')
  t.equal(harmless('user\u202egnp.exe\u2066\u2029'), 'user\\u202egnp.exe\\u2066\\u2029')
  t.equal(harmless('grüße 漢字 🌳'), 'grüße 漢字 🌳')
})

t.test('no text whatever gets a control character through, and a second pass changes nothing', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const shown = harmless(text)
      t.notMatch(shown, /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/)
      t.equal(harmless(shown), shown)
    }),
    { numRuns: 300 },
  )
})

t.test('a line is cut to its columns', async t => {
  t.equal(fit('short', 10), 'short')
  t.equal(fit('0123456789', 10), '0123456789')
  t.equal(fit('0123456789x', 10), '01234567…')
  t.equal(fit('漢字漢字漢字', 7), '漢字…')
  t.equal(fit('anything', 0), '')
})

t.test('no line is wider than asked, a character beyond ASCII counted as two cells', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 40 }), (text, columns) => {
      const cells = [...fit(text, columns)].reduce((sum, character) => sum + (character < '\u007f' ? 1 : 2), 0)
      t.ok(cells <= columns)
    }),
    { numRuns: 300 },
  )
})

t.test('as JSON it means what it meant, and a terminal finds nothing to obey in it', async t => {
  const value = { text: '\u001b[31m\u009b0m\u202e\u007f plain\t"' }
  const json = harmlessJson(value)
  t.same(JSON.parse(json), value)
  t.notMatch(json, /[\u0000-\u001f\u007f-\u009f\u202e]/)
})
