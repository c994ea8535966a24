import t from 'tap'
import type { ChildInput, ExitInput } from '../../protocol/children.js'
import { createSupervisor, type Supervisor } from '../../src/index.js'
import { createInlineSupervisor } from '../../src/testing.js'
import { fails, register, spawnChild } from '../support/acts.js'
import { listen } from '../support/listen.js'
import { everywhere } from '../support/world.js'

const BAD_PIDS = [
  0,
  -1,
  1.5,
  2 ** 22 + 1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '100',
  null,
  undefined,
  {},
  100n,
  Symbol('pid'),
]

/** Values that cannot even be turned into text. */
const UNSPEAKABLE = [Object.create(null), Symbol('x'), 1n, { toString: 7, toJSON: 8 }]

const BAD_CHILDREN: readonly object[] = [
  { startTicks: -1 },
  { startTicks: 1.5 },
  { startTicks: 'x' },
  { parentPid: 0 },
  { depth: -1 },
  { depth: 1.5 },
  { command: 7 },
  { startedAt: Number.NaN },
  { startedAt: 'now' },
  { ttlMs: -1 },
  { ttlMs: '1s' },
  { ttlMs: Number.NaN },
  { cpuPercent: 'much' },
  { rssBytes: -1 },
  { rssBytes: 0.5 },
  { user: 7 },
  { kind: 'ghost' },
]

const BAD_EXITS: readonly unknown[] = [
  { signal: 0 },
  { signal: 128 },
  { signal: 'SIGTERM' },
  { exitCode: 1.5 },
  { exitCode: '0' },
  { finishedAt: Number.NaN },
  { reason: 'boredom' },
  { startTicks: -1 },
  7,
  'gone',
]

/** Everything that a caller can see of service a. */
async function seen(supervisor: Supervisor): Promise<unknown> {
  return [
    await supervisor.services(),
    await supervisor.getSpawnTree(100),
    await supervisor.getChildren(100),
    await supervisor.getChildren(101),
    await supervisor.activeChildCount(),
  ]
}

everywhere(t, 'what is no pid is invalid_input for every operation', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChild(supervisor, 100, 101)
  const before = await seen(supervisor)
  for (const bad of BAD_PIDS as unknown as number[]) {
    await fails(t, () => supervisor.registerServicePid('svc', bad), 'invalid_input')
    await fails(t, () => supervisor.unregisterServicePid(bad), 'invalid_input')
    await fails(t, () => supervisor.authorizeSpawn(bad, 'a'), 'invalid_input')
    await fails(t, () => supervisor.recordSpawn(bad, { name: 'a', pid: 102 }), 'invalid_input')
    await fails(t, () => supervisor.recordSpawn(100, { name: 'a', pid: bad }), 'invalid_input')
    await fails(t, () => supervisor.recordSpawnExit(bad, { exitCode: 0 }), 'invalid_input')
    await fails(t, () => supervisor.updateChildMetrics(bad, 1, 1), 'invalid_input')
    await fails(t, () => supervisor.getChildren(bad), 'invalid_input')
    await fails(t, () => supervisor.getSpawnTree(bad), 'invalid_input')
    await fails(t, () => supervisor.terminationPolicyFor(bad), 'invalid_input')
    await fails(t, () => supervisor.removeSubtree(bad), 'invalid_input')
    await fails(t, () => supervisor.removeChild(bad), 'invalid_input')
  }
  t.strictSame(await seen(supervisor), before, 'nothing changed')
})

everywhere(t, 'a value that is no text at all is invalid_input like any other', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  const heard = listen(supervisor)
  for (const bad of UNSPEAKABLE as unknown as (string & number)[]) {
    await fails(t, () => supervisor.registerService(bad), 'invalid_input')
    await fails(t, () => supervisor.unregisterService(bad), 'invalid_input')
    await fails(t, () => supervisor.getChildren(bad), 'invalid_input')
    await fails(t, () => supervisor.authorizeSpawn(100, bad), 'invalid_input')
    await fails(t, () => supervisor.releaseTicket(bad), 'invalid_input')
    await fails(t, () => supervisor.recordSpawn(9, { name: 'a', pid: 8 }, { rootHint: bad }), 'invalid_input')
    await fails(t, () => supervisor.service(bad).spawn('true'), 'invalid_input')
    await fails(t, () => supervisor.service('svc').spawn(bad), 'invalid_input')
    await fails(t, () => supervisor.service('svc').spawn('true', bad as unknown as string[]), 'invalid_input')
    await fails(t, () => supervisor.service('svc').spawn('true', [], { name: bad }), 'invalid_input')
    t.doesNotThrow(() => supervisor.cast.removeChild(bad))
    t.match(await heard.first('cast_failed'), { operation: 'removeChild', code: 'invalid_input' })
  }
})

everywhere(t, 'an optional input may be null', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {})
  const nothing = { parentPid: null, name: null, env: null, cwd: null, signal: null, ttlMs: null }
  for (const options of [null, nothing]) {
    const child = await supervisor.service('svc').spawn('true', null, options)
    t.match(await child.exited, { exitCode: 0 })
  }
  for (const options of [null, { since: null, signal: null }]) await supervisor.events(options).return?.()
  await createInlineSupervisor(null).close()
  await createSupervisor({ hosts: null, clock: null, maxInFlight: null, signal: null }).close()
})

everywhere(t, 'options of events of the wrong shape are an error', async (t, { supervisor }) => {
  for (const options of [{ signal: 'x' }, { since: 'x' }, { since: { svc: -1 } }, { since: { svc: 'x' } }])
    await fails(t, async () => supervisor.events(options as never), 'invalid_input', /signal|since/)
})

everywhere(t, 'the largest pid is a pid', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 2 ** 22, 1)
  await spawnChild(supervisor, 2 ** 22, 2 ** 22 - 1)
  t.match(await supervisor.getChildren(2 ** 22), [{ pid: 2 ** 22 - 1, parentPid: 2 ** 22 }])
})

everywhere(t, 'a child or an exit of the wrong shape changes nothing', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChild(supervisor, 100, 101)
  const before = await seen(supervisor)
  for (const bad of BAD_CHILDREN)
    await fails(t, () => supervisor.recordSpawn(100, { name: 'a', pid: 102, ...bad } as ChildInput), 'invalid_input')
  for (const bad of [null, undefined, 7, 'a', [], {}] as unknown as ChildInput[])
    await fails(t, () => supervisor.recordSpawn(100, bad), 'invalid_input')
  for (const bad of BAD_EXITS as ExitInput[])
    await fails(t, () => supervisor.recordSpawnExit(101, bad), 'invalid_input')
  t.strictSame(await seen(supervisor), before, 'nothing changed')
})

everywhere(t, 'options and figures of the wrong type change nothing', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChild(supervisor, 100, 101)
  const before = await seen(supervisor)
  const wrong = (value: unknown) => value as never
  for (const ttlMs of [-1, Number.NaN, '1s'])
    await fails(t, () => supervisor.authorizeSpawn(100, 'a', { ttlMs: wrong(ttlMs) }), 'invalid_input')
  for (const ticket of [0, -1, 1.5, Number.NaN, '1', {}, 2 ** 53])
    await fails(t, () => supervisor.releaseTicket(wrong(ticket)), 'invalid_input')
  for (const rootHint of [7, {}, ''])
    await fails(
      t,
      () => supervisor.recordSpawn(4000, { name: 'a', pid: 102 }, { rootHint: wrong(rootHint) }),
      'invalid_input',
    )
  for (const startTicks of [-1, 1.5, 'x'])
    await fails(t, () => supervisor.registerServicePid('svc', 102, { startTicks: wrong(startTicks) }), 'invalid_input')
  for (const [cpu, rss] of [
    [Number.NaN, null],
    ['1', 1],
    [null, -1],
    [null, 1.5],
    [null, '1'],
  ])
    await fails(t, () => supervisor.updateChildMetrics(101, wrong(cpu), wrong(rss)), 'invalid_input')
  for (const depth of [-1, 1.5, Number.NaN, '1', null])
    await fails(t, () => supervisor.canSpawn('svc', wrong(depth)), 'invalid_input')
  t.strictSame(await seen(supervisor), before, 'nothing changed')
})

everywhere(t, 'a failure says what was wrong with what', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await fails(t, () => supervisor.authorizeSpawn(4_194_305, 'a'), 'invalid_input', /4194305/)
  await fails(t, () => supervisor.authorizeSpawn(100, 'a b'), 'invalid_input', /a b/)
  await fails(t, () => supervisor.registerServicePid('nobody', 100), 'invalid_input', /nobody/)
})
