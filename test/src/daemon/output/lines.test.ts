import fc from 'fast-check'
import t from 'tap'
import { createLineSplitter, LINE_LENGTH_MAX } from '../../../../src/daemon/output/lines.js'

function split(chunks: readonly Buffer[]): string[] {
  const splitter = createLineSplitter()
  return [...chunks.flatMap(chunk => splitter.push(chunk)), ...splitter.end()]
}

t.test('output comes line by line, the last one without its newline too', async t => {
  t.strictSame(split([Buffer.from('a\nb\r\n\nc')]), ['a', 'b', '', 'c'])
  t.strictSame(split([]), [])
  t.strictSame(split([Buffer.from('x\n')]), ['x'])
})

t.test('any chunking gives the same lines', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
      const bytes = Buffer.from(text.replaceAll('x', '\n'))
      const at = [...new Set(cuts.map(cut => cut % (bytes.length + 1)))].sort((a, b) => a - b)
      const chunks = [...at, bytes.length].map((end, i) => bytes.subarray(at[i - 1] ?? 0, end))
      t.strictSame(split(chunks), split([bytes]))
    }),
    { numRuns: 300 },
  )
})

t.test('a line without end is passed on in pieces and never held whole', async t => {
  const splitter = createLineSplitter()
  const lines: string[] = []
  for (let i = 0; i < 10; i++) lines.push(...splitter.push(Buffer.alloc(LINE_LENGTH_MAX, 'y')))
  lines.push(...splitter.push(Buffer.from('z\n')), ...splitter.end())
  t.equal(lines.join(''), `${'y'.repeat(10 * LINE_LENGTH_MAX)}z`)
  t.ok(lines.every(line => line.length <= LINE_LENGTH_MAX))
})

t.test('bytes that are no text become replacement characters', async t => {
  t.strictSame(split([Buffer.from([0x61, 0xff, 0x0a])]), ['a\ufffd'])
})
