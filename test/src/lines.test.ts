import { Readable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { createLineReaders } from '../../src/lines.js'

t.test('every line comes once, whatever chunks it came in and wherever loops were left', async t => {
  const line = fc.string({ maxLength: 12, unit: 'grapheme' }).map(text => text.replace(/[\r\n]/g, '~'))
  const history = fc.record({
    lines: fc.array(line, { maxLength: 20 }),
    end: fc.constantFrom('\n', '\r\n'),
    cuts: fc.array(fc.nat(40), { minLength: 1, maxLength: 10 }),
    leaveAfter: fc.integer({ min: 1, max: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(history, async ({ lines, end, cuts, leaveAfter }) => {
      const read = readersOf(chunked(Buffer.from(lines.map(one => one + end).join('')), cuts))
      const seen: string[] = []
      for (let before = -1; seen.length > before; ) {
        before = seen.length
        for await (const one of read()) if (seen.push(one) === before + leaveAfter) break
      }
      t.same(seen, lines)
    }),
    { numRuns: 200 * Number(process.env.ESPALIER_RUNS ?? 1) },
  )
})

t.test('a line that is too long comes in pieces of whole characters, and nothing of it is lost', async t => {
  const long = 'aé漢🌱'.repeat(40)
  for (const [lineBytesMax, end] of [
    [4, '\n'],
    [7, '\r\n'],
    [64, ''],
  ] as const) {
    const read = readersOf(chunked(Buffer.from(`${long}${end}short`), [33, 1, 5]))
    const pieces = await all(read({ lineBytesMax }))
    if (end !== '') t.ok('short'.startsWith(pieces.at(-1)?.slice(0, 1) ?? '-') || pieces.at(-1) === 't')
    t.equal(pieces.join(''), `${long}short`)
    t.ok(pieces.every(piece => Buffer.byteLength(piece) <= lineBytesMax && !piece.includes('\ufffd')))
  }
  t.same(await all(readersOf(chunked(Buffer.from('abcd\r\nabcde\n'), [3]))({ lineBytesMax: 4 })), ['abcd', 'abcd', 'e'])
  const noText = await all(readersOf(chunked(Buffer.alloc(10, 0x80), [10]))({ lineBytesMax: 4 }))
  t.equal(noText.length, 3, 'what is no UTF-8 is cut too')
})

t.test('a source is read no further than its lines are asked for', async t => {
  let taken = 0
  const source = new Readable({
    highWaterMark: 0,
    read() {
      this.push(`line ${++taken}\n`)
    },
  })
  const lines = readersOf(source)()
  t.same(await lines.next(), { done: false, value: 'line 1' })
  await new Promise(resolve => setImmediate(resolve))
  t.ok(taken <= 2, `${taken} taken`)
  await lines.return?.()
  t.notOk(source.destroyed, 'the source is still there')
})

t.test('one loop at a time reads an output, and the other output is free', async t => {
  const read = readersOf(chunked(Buffer.from('a\nb\n'), [9]), chunked(Buffer.from('c\n'), [9]))
  const first = read()
  await first.next()
  await t.rejects(read().next(), { code: 'invalid_input', message: /another loop reads the stdout of child 'worker'/ })
  t.same(await all(read({ from: 'stderr' })), ['c'])
  await first.return?.()
  t.same(await all(read()), ['b'])
  t.same(await all(read()), [], 'an output that has ended has no more lines')
})

t.test('a wrong option is named with its range', async t => {
  const read = readersOf(chunked(Buffer.from(''), [1]))
  for (const lineBytesMax of [3, 1.5, Number.NaN, 2 ** 25]) {
    t.throws(() => read({ lineBytesMax }), { code: 'invalid_input', message: /4 to 16777216/ })
  }
  t.throws(() => read({ from: 'stdin' as 'stdout' }), { code: 'invalid_input', message: /stdout or stderr/ })
})

function readersOf(stdout: Readable, stderr: Readable | null = null) {
  return createLineReaders({ name: 'worker', stdout, stderr })
}

/** The bytes in chunks of these sizes, again and again. */
function chunked(bytes: Buffer, sizes: readonly number[]): Readable {
  const chunks: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length])
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return Readable.from(chunks, { objectMode: false })
}

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = []
  for await (const line of lines) found.push(line)
  return found
}
