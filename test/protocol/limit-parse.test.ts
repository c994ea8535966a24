import vm from 'node:vm'
import fc from 'fast-check'
import t from 'tap'
import { EspalierError } from '../../protocol/failures.js'
import { parseLimits, parseLimitsYaml } from '../../protocol/limit-parse.js'
import { LIMIT_KEYS, type Limits } from '../../protocol/limits.js'

const DEFAULTS: Limits = {
  depth: 3,
  children: 100,
  descendants: 500,
  totalMemory: null,
  terminationPolicy: 'cascade',
  rate: { limit: 10, windowMs: 1000 },
  serviceRate: null,
  lifetime: null,
  memoryAction: 'deny',
  ttlMaxMs: null,
  graceMs: 5000,
  tasks: 8016,
  countPeripherals: false,
  strict: false,
  keepExited: 100,
  ticketTtlMs: 10_000,
  counting: 'live',
}

t.test('absent and null mean the defaults', async t => {
  const nulls = Object.fromEntries(Object.keys(LIMIT_KEYS).map(key => [key, null]))
  for (const input of [undefined, null, {}, nulls, { depth: undefined }]) t.same(parseLimits(input), DEFAULTS)
  t.same(Object.keys(parseLimits(null)).sort(), Object.keys(LIMIT_KEYS).sort())
})

t.test('what is given is taken', async t => {
  const given = {
    depth: 0,
    children: 4_000_000,
    totalMemory: ' 2 G ',
    terminationPolicy: 'orphan',
    rate: '5/2s',
    serviceRate: { limit: 7, windowMs: 100 },
    lifetime: 0,
    memoryAction: 'kill_tree',
    ttlMaxMs: 60_000,
    graceMs: 0,
    strict: true,
    counting: 'tracked',
  }
  t.same(parseLimits(given), {
    ...DEFAULTS,
    ...given,
    totalMemory: 2 * 1024 ** 3,
    rate: { limit: 5, windowMs: 2000 },
  })
})

t.test("'none' lifts the two rates, memory, lifetime and the longest TTL, and nothing else", async t => {
  const lifted = ['rate', 'serviceRate', 'totalMemory', 'lifetime', 'ttlMaxMs']
  for (const key of Object.keys(LIMIT_KEYS)) {
    if (lifted.includes(key)) t.equal(parseLimits({ [key]: 'none' })[key as keyof Limits], null, key)
    else t.throws(() => parseLimits({ [key]: 'none' }), { code: 'invalid_input' }, key)
  }
})

t.test('tasks follow the descendants within their own range, unless given', async t => {
  t.equal(parseLimits({ descendants: 0 }).tasks, 512)
  t.equal(parseLimits({ descendants: 31 }).tasks, 512)
  t.equal(parseLimits({ descendants: 32 }).tasks, 528)
  t.equal(parseLimits({ descendants: 4_000_000 }).tasks, 4_000_000)
  t.equal(parseLimits({ descendants: 32, tasks: 7 }).tasks, 7)
})

t.test('every number beyond its range is refused, and its bounds are allowed', async t => {
  for (const [name, key] of Object.entries(LIMIT_KEYS)) {
    if (!('min' in key)) continue
    t.equal(parseLimits({ [name]: key.min })[name as keyof Limits], key.min)
    t.equal(parseLimits({ [name]: key.max })[name as keyof Limits], key.max)
    for (const value of [key.min - 1, key.max + 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5x', true, {}, []]) {
      t.throws(() => parseLimits({ [name]: value }), {
        code: 'invalid_input',
        message: new RegExp(`^limits: ${name}: `),
      })
    }
  }
})

t.test('an unknown key is an error that suggests the nearest, or the other spelling', async t => {
  t.throws(() => parseLimits({ childern: 5 }), {
    message: 'limits: childern: "childern" is not a limit. Did you mean children?',
  })
  t.throws(() => parseLimits({ total_memory: '1G' }), { message: /Here it is spelt totalMemory\./ })
  t.throws(() => parseLimits({ ttl_max: 5 }), { message: /Here it is spelt ttlMaxMs\./ })
  t.throws(() => parseLimits({ colour: null }), { message: /"colour" is not a limit. Limits are depth, children, / })
  t.throws(() => parseLimits(JSON.parse('{"__proto__":{"children":5}}')), { code: 'invalid_input' })
  t.throws(() => parseLimits({ terminationPolicy: 'cascad' }), {
    message: /Did you mean cascade\? Give one of cascade, orphan, reparent/,
  })
})

t.test('all problems are named at once, up to a bound', async t => {
  t.throws(
    () => parseLimits({ depth: 65, totalMemory: '1.5X', strict: 'yes' }),
    new EspalierError(
      'invalid_input',
      [
        'limits: 3 problems',
        '  depth: 65 is not allowed; give a whole number from 0 to 64',
        '  totalMemory: "1.5X" is not a size; give bytes up to 2^53 - 1, or a number with K, M, G or T, such as 512M, 2GB, 1.5GiB or 1_000_000, or \'none\' to lift it',
        '  strict: "yes" is not allowed; give true or false',
      ].join('\n'),
    ),
  )
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key${i}`.repeat(20), 1]))
  const { problems } = parseLimitsYaml(many)
  t.equal(problems.length, 21)
  t.match(problems.at(-1)?.message, /there are more problems/)
})

t.test('what is no plain object is refused, for its keys would not be seen', async t => {
  class Mine {
    readonly depth = 2
  }
  for (const input of [
    5,
    '',
    'none',
    true,
    [],
    [1],
    new Map([['depth', 2]]),
    Object.create({ depth: 2 }),
    new Mine(),
    () => 1,
  ]) {
    t.throws(() => parseLimits(input), { code: 'invalid_input', message: /give an object/ })
  }
  t.equal(parseLimits(vm.runInNewContext('({ depth: 2 })')).depth, 2, 'an object of another realm is plain')
  t.equal(parseLimits(Object.assign(Object.create(null), { depth: 2 })).depth, 2)
})

t.test('the YAML spelling gives the same limits', async t => {
  const { limits, problems } = parseLimitsYaml({
    depth: 2,
    total_memory: '512M',
    termination_policy: 'reparent',
    rate: '5/2s',
    service_rate: 'none',
    ttl_max: '1.5h',
    grace: '0s',
    ticket_ttl: '500ms',
    count_peripherals: true,
    keep_exited: 3,
    memory_action: null,
  })
  t.same(problems, [])
  t.same(limits, {
    depth: 2,
    totalMemory: 512 * 1024 ** 2,
    terminationPolicy: 'reparent',
    rate: { limit: 5, windowMs: 2000 },
    serviceRate: 'none',
    ttlMaxMs: 5_400_000,
    graceMs: 0,
    ticketTtlMs: 500,
    countPeripherals: true,
    keepExited: 3,
  })
  t.same(parseLimits(limits), { ...DEFAULTS, ...limits, serviceRate: null })
})

t.test('the YAML spelling wants units, and tells what it did not understand beside what it did', async t => {
  const { limits, problems } = parseLimitsYaml({
    depth: 2,
    grace: 5,
    rate: { limit: 1 },
    ticket_ttl: '0s',
    ttl_max: '4000d',
    graceMs: 5,
  })
  t.same(limits, { depth: 2 })
  t.same(
    problems.map(({ path, message }) => [path, message.slice(0, 34)]),
    [
      [['grace'], '5 is not a duration; give a number'],
      [['rate'], 'an object is not a rate; give text'],
      [['ticket_ttl'], '"0s" is out of range; give a durat'],
      [['ttl_max'], '"4000d" is out of range; give a du'],
      [['graceMs'], '"graceMs" is not a limit. Here it '],
    ],
  )
})

t.test('no input makes a limit that is not a number within its range, and only none is unlimited', async () => {
  const values = fc.oneof(
    fc.anything({ withBigInt: true }),
    fc.constantFrom('none', 'None', '', '0', '1G', '10/1s', -1, 0, 1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53),
    fc.integer(),
    fc.double(),
  )
  const inputs = fc.dictionary(fc.constantFrom(...Object.keys(LIMIT_KEYS)), values)
  fc.assert(
    fc.property(inputs, input => {
      let limits: Limits
      try {
        limits = parseLimits(input)
      } catch (error) {
        return error instanceof EspalierError && error.code === 'invalid_input'
      }
      return Object.entries(LIMIT_KEYS).every(([name, key]) => {
        const value = limits[name as keyof Limits]
        if (value === null)
          return key.liftable && (input[name] === 'none' || (key.default === null && (input[name] ?? null) === null))
        if ('min' in key)
          return Number.isSafeInteger(value) && (value as number) >= key.min && (value as number) <= key.max
        return key.unit !== 'choice' || key.choices.includes(value as string)
      })
    }),
    { numRuns: 3000 },
  )
})

t.test('effective limits parse to themselves', async t => {
  const inputs = fc.record(
    {
      depth: fc.integer({ min: 0, max: 64 }),
      descendants: fc.integer({ min: 0, max: 4_000_000 }),
      totalMemory: fc.oneof(fc.maxSafeNat(), fc.constant('none')),
      rate: fc.oneof(
        fc.constant('none'),
        fc.record({ limit: fc.nat(1000), windowMs: fc.integer({ min: 100, max: 3_600_000 }) }),
      ),
      strict: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(inputs, input => {
      const limits = parseLimits(input)
      // Null means "default" in an input, so what is lifted has to be said again.
      const again = Object.fromEntries(Object.entries(limits).map(([key, value]) => [key, value ?? 'none']))
      t.same(parseLimits(again), limits)
    }),
    { numRuns: 200 },
  )
})
