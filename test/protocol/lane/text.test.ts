/** Texts as integers. */

import fc from 'fast-check'
import t from 'tap'
import { readText, utf8, writeAscii, writeBytes } from '../../../protocol/lane/text.js'

/** Few letters and lengths, so that texts meet that differ little. */
const similar = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\x7f'), maxLength: 12 })
const ascii = fc.oneof(similar, fc.string({ unit: 'binary-ascii', maxLength: 200 }))

t.test('a text of ASCII is read as it was written, at any offset, whatever was read before', async t => {
  fc.assert(
    fc.property(fc.array(fc.tuple(ascii, ascii, ascii), { minLength: 1, maxLength: 30 }), list => {
      for (const [first, second, third] of list) {
        const ints = new Int32Array(200).fill(-1)
        if (!writeAscii(ints, 3, first, second, third)) throw new Error('it is ASCII')
        let at = 12
        for (const text of [first, second, third]) {
          if (readText(ints, at, text.length, true) !== text) throw new Error(JSON.stringify(text))
          at += text.length
        }
      }
    }),
    { numRuns: 300 },
  )
  t.pass('300 lists of texts')
})

t.test('a text that is not ASCII says so, and is read from its bytes', async t => {
  const ints = new Int32Array(16)
  t.notOk(writeAscii(ints, 0, 'naïve'))
  const bytes = utf8('naïve ✓')
  writeBytes(ints, 5, bytes)
  t.equal(readText(ints, 5, bytes.length, false), 'naïve ✓')
})
