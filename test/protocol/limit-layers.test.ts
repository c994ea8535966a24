import t from 'tap'
import { layLimits, limitChanges } from '../../protocol/limit-layers.js'
import { parseLimits } from '../../protocol/limit-parse.js'

const line = (line: number) => ({ from: 'file', file: '/c.yaml', line }) as const
const set = { from: 'command', command: 'espalier limits set', atMs: 5 } as const

t.test('the last layer that gives a limit is its origin; what nobody gives is the default', async t => {
  const { limits, origins } = layLimits([
    { limits: { children: 9, depth: 4 }, origins: { children: line(5), depth: line(6) } },
    { limits: { children: 2, strict: null }, origins: { children: set } },
  ])
  t.match(limits, { children: 2, depth: 4, strict: false })
  t.strictSame([origins.children, origins.depth, origins.strict], [set, line(6), { from: 'default' }])
})

t.test('a limit without a place is of the API', async t => {
  t.strictSame(layLimits([{ limits: { children: 1 }, origins: {} }]).origins.children, { from: 'api', atMs: null })
})

t.test('none given over a number is none', async t => {
  const layers = [
    { limits: { rate: '5/1s' }, origins: {} },
    { limits: { rate: 'none' }, origins: {} },
  ] as const
  t.equal(layLimits(layers).limits.rate, null)
})

t.test('limits that hang on another one follow it', async t => {
  t.equal(layLimits([{ limits: { descendants: 99 }, origins: {} }]).limits.tasks, 1600)
})

t.test('changes name what differs, rates by their two numbers', async t => {
  const before = parseLimits({ rate: '10/1s', children: 3 })
  t.strictSame(limitChanges(before, parseLimits({ rate: { limit: 10, windowMs: 1000 }, children: 3 })), [])
  t.strictSame(limitChanges(before, parseLimits({ rate: '10/2s', children: 4 })), [
    { name: 'children', before: 3, after: 4 },
    { name: 'rate', before: { limit: 10, windowMs: 1000 }, after: { limit: 10, windowMs: 2000 } },
  ])
})
