import fc from 'fast-check'
import t from 'tap'
import { EspalierError } from '../../protocol/failures.js'
import { formatBytes, formatDuration } from '../../protocol/format.js'
import { parseBytes, parseDuration, parseRate, readBytes, readDuration, readRate } from '../../protocol/units.js'

const wholes = fc.oneof(fc.maxSafeNat(), fc.nat(), fc.constantFrom(0, 1, 1023, 1024, Number.MAX_SAFE_INTEGER))

t.test('a size is read in any case, spaced, grouped, in powers of 1024', async t => {
  const sizes: readonly (readonly [string | number, number])[] = [
    ['512M', 512 * 1024 ** 2],
    ['2GB', 2 * 1024 ** 3],
    ['1_000_000', 1_000_000],
    [' 2 G ', 2 * 1024 ** 3],
    ['512MiB', 512 * 1024 ** 2],
    ['1.5G', 1.5 * 1024 ** 3],
    ['1.1G', 1_181_116_006],
    [' 90 T ', 90 * 1024 ** 4],
    ['512t', 512 * 1024 ** 4],
    ['99TB', 99 * 1024 ** 4],
    ['80000gb', 80_000 * 1024 ** 3],
    ['900_000_000_000_000', 900_000_000_000_000],
    ['7b', 7],
    ['3k', 3072],
    ['0', 0],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    [0, 0],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ]
  for (const [text, bytes] of sizes) t.equal(parseBytes(text, 'x'), bytes, String(text))
  t.ok(Object.is(parseBytes(-0, 'x'), 0), 'a negative zero is zero')
})

t.test('anything else is an error that names the place, the value and what is accepted', async t => {
  const wrong: readonly unknown[] = [
    '1.5X',
    '',
    ' ',
    '-1',
    '-1G',
    '+1G',
    '1e3',
    '0x10',
    '1.',
    '.5G',
    '1..5G',
    '1,5G',
    '1__0',
    '_1',
    '1_',
    'G',
    'none',
    'NaN',
    'Infinity',
    '1 0G',
    '2GG',
    '2BG',
    '2GiBs',
    '9007199254740992',
    '8192T',
    '99999999999999999999T',
    '1.5',
    '1.5B',
    '0.0001K',
    `${'9'.repeat(1000)}`,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    1.5,
    2 ** 53,
    null,
    undefined,
    true,
    {},
    [],
    5n,
  ]
  for (const value of wrong) {
    t.throws(
      () => parseBytes(value, 'limits.totalMemory'),
      { code: 'invalid_input', message: /^limits\.totalMemory: .*512M/ },
      String(value),
    )
  }
  t.throws(
    () => parseBytes('1.5X', 'memory'),
    new EspalierError(
      'invalid_input',
      'memory: "1.5X" is not a size; give bytes up to 2^53 - 1, or a number with K, M, G or T, such as 512M, 2GB, 1.5GiB or 1_000_000',
    ),
  )
})

t.test('a duration is a number with ms, s, m, h or d', async t => {
  const durations: readonly (readonly [string, number])[] = [
    ['500ms', 500],
    ['5s', 5000],
    ['1.5h', 5_400_000],
    ['30d', 2_592_000_000],
    [' 2 m ', 120_000],
    ['0s', 0],
    ['1.005s', 1005],
    ['0.001s', 1],
    ['1_000ms', 1000],
  ]
  for (const [text, ms] of durations) t.equal(parseDuration(text, 'x'), ms, text)
  for (const value of [
    '',
    '5',
    '5 years',
    '5S',
    '-5s',
    '1.5ms',
    '0.0001s',
    '1e9s',
    's',
    '200000000000d',
    'none',
    5,
    null,
  ]) {
    t.throws(() => parseDuration(value, 'grace'), { code: 'invalid_input', message: /^grace: .*500ms/ }, String(value))
  }
})

t.test('a rate is text or a limit with its window', async t => {
  t.same(parseRate('10/1s', 'rate'), { limit: 10, windowMs: 1000 })
  t.same(parseRate(' 600 / 1m ', 'rate'), { limit: 600, windowMs: 60_000 })
  t.same(parseRate('0/100ms', 'rate'), { limit: 0, windowMs: 100 })
  t.same(parseRate({ limit: 4_000_000, windowMs: 3_600_000 }, 'rate'), { limit: 4_000_000, windowMs: 3_600_000 })
  const wrong: readonly unknown[] = [
    '',
    '10',
    '10/',
    '/1s',
    '10/s',
    '10/1',
    '10/99ms',
    '10/61m',
    '10/1s/1s',
    '-1/1s',
    '1.5/1s',
    '4000001/1s',
    '1K/1s',
    10,
    null,
    [],
    {},
    { limit: 1 },
    { limit: 1, windowMs: 99 },
    { limit: 1, windowMs: 1000.5 },
    { limit: Number.NaN, windowMs: 1000 },
    { limit: '1', windowMs: 1000 },
    { limit: 1, windowMs: 1000, burst: 2 },
  ]
  for (const value of wrong) {
    t.throws(() => parseRate(value, 'rate'), { code: 'invalid_input', message: /^rate: / }, JSON.stringify(value))
  }
})

t.test('what is written reads back to within half a tenth, and is then written the same', async () => {
  fc.assert(
    fc.property(wholes, value => {
      const size = formatBytes(value)
      const bytes = parseBytes(size, 'x')
      const time = formatDuration(value)
      const ms = parseDuration(time, 'x')
      const near = (read: number): boolean => Math.abs(read - value) <= value * 0.05
      return near(bytes) && near(ms) && formatBytes(bytes) === size && formatDuration(ms) === time
    }),
    { numRuns: 2000 },
  )
})

t.test('whole units are written exactly', async t => {
  const written: readonly (readonly [string, string])[] = [
    [formatBytes(0), '0B'],
    [formatBytes(1023), '1023B'],
    [formatBytes(512 * 1024 ** 2), '512M'],
    [formatBytes(1.5 * 1024 ** 3), '1.5G'],
    [formatBytes(1024 ** 2 - 1), '1M'],
    [formatBytes(2 ** 53 - 1), '8191.9T'],
    [formatDuration(0), '0ms'],
    [formatDuration(5000), '5s'],
    [formatDuration(5_400_000), '1.5h'],
    [formatDuration(59_960), '1m'],
    [formatDuration(999), '999ms'],
  ]
  for (const [text, wanted] of written) t.equal(text, wanted)
  for (const value of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY]) t.throws(() => formatBytes(value), RangeError)
})

t.test('whatever is given, a reading is a safe whole number or a problem, never a throw', async () => {
  const texts = fc.oneof(
    fc.anything({ withBigInt: true, withNullPrototype: true }),
    fc.stringMatching(/^[0-9_. kKmMgGtTbBishd/+-]{0,24}$/),
  )
  fc.assert(
    fc.property(texts, value => {
      for (const parsed of [readBytes(value), readDuration(value)]) {
        if (parsed.ok && !(Number.isSafeInteger(parsed.value) && parsed.value >= 0)) return false
      }
      const rate = readRate(value)
      return (
        !rate.ok ||
        (Number.isSafeInteger(rate.value.limit) && rate.value.windowMs >= 100 && rate.value.windowMs <= 3_600_000)
      )
    }),
    { numRuns: 3000 },
  )
})
