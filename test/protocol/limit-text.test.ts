import fc from 'fast-check'
import t from 'tap'
import { LIMIT_NAMES } from '../../protocol/limit-layers.js'
import { parseLimits } from '../../protocol/limit-parse.js'
import { limitText, readLimitTexts } from '../../protocol/limit-text.js'
import { LIMIT_KEYS, type Limits } from '../../protocol/limits.js'

t.test('every limit of every size is written as a text that is read back to the same', async t => {
  const count = fc.integer({ min: 1, max: 4_000_000 })
  const arbitrary = fc.record({
    children: count,
    totalMemory: fc.oneof(fc.maxSafeNat(), fc.constant('none' as const)),
    rate: fc.record({ limit: count, windowMs: fc.integer({ min: 100, max: 3_600_000 }) }),
    ttlMaxMs: fc.integer({ min: 1, max: 10 ** 11 }),
    graceMs: fc.integer({ min: 0, max: 86_400_000 }),
    strict: fc.boolean(),
    terminationPolicy: fc.constantFrom('orphan' as const, 'reparent' as const),
  })
  fc.assert(
    fc.property(arbitrary, input => {
      const limits = parseLimits(input)
      const texts = LIMIT_NAMES.map(name => [LIMIT_KEYS[name].yaml, limitText(name, limits[name])] as const)
      const { limits: read, problems } = readLimitTexts(
        new Map(texts.filter(([key, text]) => text !== 'none' || liftable(key))),
      )
      return problems.length === 0 && JSON.stringify(parseLimits(read)) === JSON.stringify(limits)
    }),
  )
  t.pass()
})

t.test('a limit is written in the largest unit without a rest', async t => {
  const text = (limits: Partial<Limits>) =>
    Object.entries(limits).map(([name, value]) => limitText(name as keyof Limits, value as never))
  t.strictSame(text({ totalMemory: 512 * 1024 ** 2, graceMs: 90_000, ttlMaxMs: null }), ['512M', '90s', 'none'])
  t.strictSame(text({ totalMemory: 1000, graceMs: 0, rate: { limit: 3, windowMs: 60_000 } }), ['1000', '0ms', '3/1m'])
})

t.test('every wrong text is named with its key, its value, the rule and what was meant', async t => {
  const wrong = new Map([
    ['childern', '3'],
    ['depth', '65'],
    ['children', '1.5'],
    ['strict', 'yes'],
    ['grace', '5'],
    ['termination_policy', 'cascad'],
    ['ttlMax', '3s'],
  ])
  const { problems } = readLimitTexts(wrong)
  t.equal(problems.length, wrong.size)
  t.match(
    problems.join('\n'),
    /childern: .*Did you mean children\?\n.*depth: 65 .*0 to 64\n.*children: "1\.5" .*whole number/,
  )
  t.match(problems.join('\n'), /strict: "yes" .*true or false\n.*grace: "5" .*5s.*\n.*Did you mean cascade\?/)
  t.match(problems.join('\n'), /ttlMax: .*ttl_max/)
})

function liftable(key: string): boolean {
  return Object.values(LIMIT_KEYS).some(({ yaml, liftable }) => yaml === key && liftable)
}
