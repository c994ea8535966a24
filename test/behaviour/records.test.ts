import t from 'tap'
import { fails, grant, pids, register, spawnChain, spawnChild } from '../support/acts.js'
import { listen } from '../support/listen.js'
import { everywhere } from '../support/world.js'

everywhere(
  t,
  'a child needs only a name and a pid; the rest comes from the books',
  async (t, { supervisor, clock }) => {
    await register(supervisor, 'svc', {}, 100)
    await clock.advance(5000)
    await spawnChild(supervisor, 100, 101)
    const [child] = await supervisor.getChildren(100)
    t.equal(typeof child.startedAt, 'number')
    const { startedAt: _, ...rest } = child
    t.strictSame(rest, {
      name: 'c101',
      pid: 101,
      startTicks: null,
      parentPid: 100,
      command: '',
      ttlMs: null,
      depth: 1,
      cpuPercent: null,
      rssBytes: null,
      lastExit: null,
      user: null,
      kind: 'spawned',
    })
    await clock.advance(250)
    await spawnChild(supervisor, 100, 102)
    t.equal((await supervisor.getChildren(100))[1].startedAt, child.startedAt + 250, 'its wall clock moves with it')
  },
)

everywhere(t, 'what a caller says of a child is kept', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', {}, 100)
  await clock.advance(5000)
  const child = {
    name: 'worker_1.a-B',
    pid: 101,
    startTicks: 123_456_789_012,
    parentPid: 100,
    command: 'node "w.js" --näme=✓ '.repeat(20),
    startedAt: 4000,
    ttlMs: 60_000,
    depth: 1,
    cpuPercent: 12.5,
    rssBytes: 2 ** 40,
    user: 'nobody',
    kind: 'spawned',
  } as const
  await supervisor.recordSpawn(100, child)
  t.strictSame(await supervisor.getChildren(100), [{ ...child, lastExit: null }])
})

everywhere(t, 'the same living process under the same parent again changes nothing', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { rate: '3/1h' }, 100)
  const { ticket } = await grant(supervisor, 100)
  await supervisor.recordSpawn(100, { name: 'a', pid: 101, startTicks: 7 }, { ticket })
  const before = await supervisor.getSpawnTree(100)
  for (const options of [{ ticket }, {}, null, { ticket: null, rootHint: 'svc' }])
    t.equal(await supervisor.recordSpawn(100, { name: 'again', pid: 101, startTicks: 7 }, options), 'svc')
  t.strictSame(await supervisor.getSpawnTree(100), before)
  t.match(await supervisor.getChildren(100), [{ name: 'a', pid: 101 }])
  await grant(supervisor, 100)
  await grant(supervisor, 100)
})

everywhere(t, 'a living process under another parent is an error', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100, 200)
  await register(supervisor, 'other', {}, 300)
  await spawnChild(supervisor, 100, 101)
  for (const parent of [200, 300])
    await fails(t, () => supervisor.recordSpawn(parent, { name: 'a', pid: 101 }), 'invalid_input', /101/)
  t.same(pids(await supervisor.getChildren(100)), [101])
  t.same(pids(await supervisor.getChildren(200)), [])
  t.same(pids(await supervisor.getChildren(300)), [])
})

everywhere(t, 'recording over an exited pid opens a new record', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100, 200)
  await spawnChild(supervisor, 100, 101)
  await supervisor.recordSpawnExit(101, { exitCode: 3 })
  await spawnChild(supervisor, 200, 101)
  t.match(await supervisor.getChildren(200), [{ pid: 101, parentPid: 200, lastExit: null }])
  t.match(await supervisor.getSpawnTree(200), { totalDescendants: 2, liveDescendants: 1 })
  t.match(await supervisor.recordSpawnExit(101, { exitCode: 4 }), { parentPid: 200, lastExit: { exitCode: 4 } })
})

everywhere(t, 'recording with other ticks closes the old record as unknown', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 5 }, 100, 200)
  const heard = listen(supervisor)
  await spawnChild(supervisor, 100, 101, { startTicks: 1 })
  await supervisor.recordSpawn(200, { name: 'new', pid: 101, startTicks: 2 })
  t.match(await heard.first('child_exited'), { child: { pid: 101, startTicks: 1, lastExit: { reason: 'unknown' } } })
  t.match(await supervisor.getSpawnTree(100), { liveDescendants: 1, totalDescendants: 2, processes: 3 })
  t.match(await supervisor.getChildren(200), [{ pid: 101, startTicks: 2, lastExit: null }])
  t.equal(await supervisor.activeChildCount('svc'), 1)
})

everywhere(t, 'a child that has the pid of the dead root above it is counted', async (t, { supervisor }) => {
  await supervisor.registerService('svc')
  await supervisor.registerServicePid('svc', 100, { startTicks: 1 })
  await supervisor.recordSpawn(999, { name: 'c', pid: 100, startTicks: 2 }, { rootHint: 'svc' })
  t.match(await supervisor.getSpawnTree(100), { liveDescendants: 1, processes: 1 })
  await supervisor.recordSpawnExit(100, { exitCode: 0, startTicks: 2 })
  t.match(await supervisor.services(), [{ liveDescendants: 0, roots: [] }])
})

everywhere(
  t,
  'a process leaves the books of another service to a younger one, and to no older one',
  async (t, world) => {
    const { supervisor } = world
    await register(supervisor, 'one', {}, 100)
    await register(supervisor, 'other', {}, 200)
    await spawnChild(supervisor, 100, 101, { startTicks: 5 })
    await supervisor.recordSpawn(200, { name: 'younger', pid: 101, startTicks: 6 })
    t.equal(await supervisor.activeChildCount('one'), 0)
    t.equal(await supervisor.activeChildCount('other'), 1)
    if (world.place === 'inline') return
    await fails(t, () => supervisor.recordSpawn(100, { name: 'late', pid: 101, startTicks: 5 }), 'invalid_input')
    t.equal(await supervisor.activeChildCount('other'), 1)
  },
)

everywhere(
  t,
  'a pid whose record is under way in one service may be recorded in another',
  async (t, { supervisor }) => {
    await register(supervisor, 'one', {}, 100)
    await register(supervisor, 'other', {}, 200)
    await Promise.all([
      supervisor.recordSpawn(100, { name: 'older', pid: 101, startTicks: 5 }),
      supervisor.recordSpawn(200, { name: 'younger', pid: 101, startTicks: 6 }),
      supervisor.recordSpawnExit(101, { exitCode: 0, startTicks: 5 }),
    ])
    t.equal(await supervisor.activeChildCount('one'), 0)
    t.equal(await supervisor.activeChildCount('other'), 1)
  },
)

everywhere(
  t,
  'what was taken for a peripheral becomes what it was asked for, as a child or a root',
  async (t, { supervisor }) => {
    await register(supervisor, 'svc', { children: 2, countPeripherals: true }, 100)
    const { ticket } = await grant(supervisor, 100)
    for (const pid of [101, 102]) {
      await supervisor.recordSpawn(100, { name: 'fork', pid, startTicks: pid, kind: 'peripheral' })
    }
    const same = { name: 'asked', pid: 101, startTicks: 101 }
    for (const _ of ['first', 'again']) t.equal(await supervisor.recordSpawn(100, same, { ticket }), 'svc')
    await supervisor.registerServicePid('svc', 102, { startTicks: 102 })
    const living = (await supervisor.getChildren(100)).filter(({ lastExit }) => lastExit === null)
    t.match(living, [{ name: 'asked', pid: 101, kind: 'spawned' }])
    t.match(await supervisor.getSpawnTree(102), { liveDescendants: 1, reservations: 0, processes: 3 })
  },
)

everywhere(t, 'depth is fixed when a node is recorded', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { depth: 9 }, 100)
  await spawnChain(supervisor, 100, 101, 102, 103)
  t.match(await supervisor.getChildren(102), [{ depth: 3 }])
  await supervisor.removeChild(102)
  t.match(await supervisor.getChildren(101), [{ pid: 103, depth: 3 }], 'moving it never changes it')
  t.equal((await grant(supervisor, 103)).depth, 4)
})

everywhere(t, 'a parent or a depth against the books is an error', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChild(supervisor, 100, 101)
  const before = await supervisor.getSpawnTree(100)
  for (const bad of [{ parentPid: 101 }, { depth: 2 }, { depth: 0 }])
    await fails(t, () => supervisor.recordSpawn(100, { name: 'a', pid: 102, ...bad }), 'invalid_input')
  await fails(t, () => supervisor.recordSpawn(102, { name: 'a', pid: 102 }, { rootHint: 'svc' }), 'invalid_input')
  await fails(t, () => supervisor.recordSpawn(101, { name: 'a', pid: 100 }), 'invalid_input')
  t.strictSame(await supervisor.getSpawnTree(100), before)
})
