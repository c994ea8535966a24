import t from 'tap'
import type { LimitsInput } from '../../protocol/limits.js'
import { fails } from '../support/acts.js'
import { everywhere } from '../support/world.js'

/** The key whose value is bad, and values that must be refused. */
const BAD: readonly (readonly [keyof LimitsInput, readonly unknown[]])[] = [
  ['depth', [-1, 65, 1.5, Number.NaN, '3', true]],
  ['children', [-1, 4_000_001, 0.5, Number.POSITIVE_INFINITY, '7', 'none']],
  ['descendants', [-1, 4_000_001, 2 ** 53, [], {}]],
  ['lifetime', [-1, 1.5, 'never']],
  ['terminationPolicy', ['kill', '', 'Cascade', 1]],
  ['memoryAction', ['kill', 'KILL_LARGEST', 0]],
  ['counting', ['dead', false]],
  ['countPeripherals', ['yes', 1]],
  ['strict', ['no', 0]],
  ['graceMs', [-1, '5s', Number.NaN]],
  ['ttlMaxMs', [-1, 'soon']],
  ['ticketTtlMs', [-1, Number.NaN]],
  ['keepExited', [-1, 1.5, 4_000_001]],
  ['tasks', [-1, 1.5]],
  ['rate', [10, { limit: 10 }, { windowMs: 1000 }, { limit: '10', windowMs: 1000 }, true]],
]

everywhere(t, 'a limit out of its range is an error that names it', async (t, { supervisor }) => {
  for (const [key, values] of BAD)
    for (const value of values)
      await fails(
        t,
        () => supervisor.registerService('svc', { [key]: value } as LimitsInput),
        'invalid_input',
        new RegExp(key),
      )
  t.same(await supervisor.services(), [])
})

everywhere(t, 'an unknown key is an error that suggests the nearest', async (t, { supervisor }) => {
  const typos: readonly (readonly [string, string])[] = [
    ['childern', 'children'],
    ['total_memory', 'totalMemory'],
    ['dept', 'depth'],
    ['terminationpolicy', 'terminationPolicy'],
    ['keepexited', 'keepExited'],
  ]
  for (const [typo, meant] of typos)
    await fails(
      t,
      () => supervisor.registerService('svc', { [typo]: 1 } as LimitsInput),
      'invalid_input',
      new RegExp(`${typo}[^]*${meant}`),
    )
  t.same(await supervisor.services(), [])
})

everywhere(t, 'limits that are no object are an error', async (t, { supervisor }) => {
  for (const limits of [7, 'none', [], true, () => 1] as unknown as LimitsInput[])
    await fails(t, () => supervisor.registerService('svc', limits), 'invalid_input')
  t.same(await supervisor.services(), [])
})

everywhere(t, 'bad limits leave the old ones in place', async (t, { supervisor }) => {
  await supervisor.registerService('svc', { children: 7 })
  const before = await supervisor.services()
  await fails(t, () => supervisor.registerService('svc', { children: 8, depth: -1 }), 'invalid_input', /depth/)
  t.strictSame(await supervisor.services(), before)
})

everywhere(t, 'the ends of the ranges are allowed', async (t, { supervisor }) => {
  await supervisor.registerService('low', { depth: 0, children: 0, descendants: 0, lifetime: 0, keepExited: 0 })
  await supervisor.registerService('high', {
    depth: 64,
    children: 4_000_000,
    descendants: 4_000_000,
    totalMemory: Number.MAX_SAFE_INTEGER,
    rate: { limit: 1, windowMs: 100 },
    serviceRate: { limit: 1, windowMs: 3_600_000 },
  })
  t.match(await supervisor.services(), [
    { name: 'high', limits: { depth: 64, children: 4_000_000, totalMemory: Number.MAX_SAFE_INTEGER } },
    { name: 'low', limits: { depth: 0, children: 0, descendants: 0, lifetime: 0, keepExited: 0 } },
  ])
})
