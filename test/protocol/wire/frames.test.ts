import fc from 'fast-check'
import t from 'tap'
import {
  createFrameDecoder,
  encodeFrame,
  FRAME_BYTES_MAX,
  FRAME_DEPTH_MAX,
  type FrameFault,
  type FrameObject,
} from '../../../protocol/wire/frames.js'

const bytesOf = (text: string) => new TextEncoder().encode(text)

function decodeAll(chunks: readonly Uint8Array[]): { frames: FrameObject[]; fault: FrameFault | null } {
  const decoder = createFrameDecoder()
  const frames: FrameObject[] = []
  for (const chunk of chunks) {
    frames.push(...decoder.push(chunk).frames)
    // The caller's buffer is its own again: what the decoder held must not change with it.
    chunk.fill(0x7b)
  }
  return { frames, fault: decoder.end() }
}

function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [...new Set(cuts.map(cut => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...at, bytes.length].map((end, i) => bytes.slice(at[i - 1] ?? 0, end))
}

t.test('any chunking of a stream gives the same frames and the same fault', async t => {
  const line = fc.oneof(
    { weight: 6, arbitrary: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })).map(o => encodeFrame(o)) },
    { weight: 1, arbitrary: fc.string().map(text => `${text}\n`) },
    { weight: 1, arbitrary: fc.constantFrom('[]\n', 'null\n', '\n', '{"a":\n', '{"half":') },
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), (lines, cuts) => {
      const bytes = bytesOf(lines.join(''))
      const whole = decodeAll([bytes.slice()])
      t.strictSame(decodeAll(cut(bytes, cuts)), whole)
    }),
    { numRuns: 300 },
  )
})

t.test('frames that were encoded come back equal', async t => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }))), objects => {
      const copies = objects.map(object => JSON.parse(JSON.stringify(object)) as FrameObject)
      const { frames, fault } = decodeAll([bytesOf(objects.map(encodeFrame).join(''))])
      t.equal(fault, null)
      t.strictSame(frames, copies)
    }),
    { numRuns: 200 },
  )
})

t.test('no bytes at all make it throw', async t => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), chunks => {
      const { frames } = decodeAll(chunks.map(chunk => chunk.slice()))
      for (const frame of frames) t.type(frame, 'object')
    }),
    { numRuns: 300 },
  )
})

t.test('what is no frame is a fault with its code', async t => {
  const cases: readonly (readonly [string | Uint8Array, string])[] = [
    ['nonsense\n', 'not_json'],
    ['\n', 'not_json'],
    ['[1]\n', 'not_an_object'],
    ['"text"\n', 'not_an_object'],
    ['null\n', 'not_an_object'],
    ['{"a":1', 'half_sent'],
    [new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d, 0x0a]), 'not_utf8'],
    [`${'{"a":'.repeat(FRAME_DEPTH_MAX + 1)}1${'}'.repeat(FRAME_DEPTH_MAX + 1)}\n`, 'too_deep'],
    ['['.repeat(500_000), 'half_sent'],
    [`${'['.repeat(500_000)}\n`, 'too_deep'],
  ]
  for (const [input, code] of cases) {
    const bytes = typeof input === 'string' ? bytesOf(input) : input
    const { frames, fault } = decodeAll([bytes])
    t.equal(fault?.code, code)
    t.strictSame(frames, [])
  }
})

t.test('brackets inside strings are no depth', async t => {
  const text = '[{'.repeat(200)
  const { frames, fault } = decodeAll([bytesOf(encodeFrame({ text, quote: '"\\[' }))])
  t.equal(fault, null)
  t.strictSame(frames, [{ text, quote: '"\\[' }])
})

t.test('a frame of exactly the longest length passes and one byte more does not', async t => {
  const exact = `{"a":"${'x'.repeat(FRAME_BYTES_MAX - 8)}"}`
  t.equal(exact.length, FRAME_BYTES_MAX)
  t.equal(decodeAll([bytesOf(`${exact}\n`)]).fault, null)
  t.equal(decodeAll([bytesOf(`${exact} \n`)]).fault?.code, 'too_long')
  t.equal(decodeAll(cut(bytesOf(`${exact} \n`), [10, 70_000])).fault?.code, 'too_long')
})

t.test('an endless line is refused before it is held', async t => {
  const decoder = createFrameDecoder()
  const chunk = new Uint8Array(64 * 1024).fill(0x20)
  for (let i = 0; i < 40; i++) decoder.push(chunk)
  t.equal(decoder.push(bytesOf('{}\n')).fault?.code, 'too_long', 'and stays refused')
  t.ok(decoder.held <= FRAME_BYTES_MAX)
})

t.test('a message never repeats control bytes of a bad frame', async t => {
  const { fault } = decodeAll([bytesOf('\u001b[2J\u0007oops\n')])
  t.equal(fault?.code, 'not_json')
  t.notMatch(fault?.message, /[\u0000-\u001f]/)
})
