import t from 'tap'
import { grant, pids, refusal, refused, register, spawnChain, spawnChild } from '../support/acts.js'
import { type Listener, listen } from '../support/listen.js'
import { everywhere } from '../support/world.js'

/** What was due so far, after everything that 100's or the given pid's service did has been heard. */
async function due(heard: Listener, pid = 100): Promise<{ pids: readonly number[]; reason: string }[]> {
  await heard.settle(pid)
  return heard.all('termination_due').map(event => ({ pids: event.pids, reason: event.reason }))
}

everywhere(t, 'cascade ends every level of that subtree, deepest first', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { depth: 9 }, 100)
  await spawnChain(supervisor, 100, 101, 102, 103, 104)
  await spawnChild(supervisor, 100, 110)
  const heard = listen(supervisor)
  await supervisor.recordSpawnExit(101, { signal: 9 })
  t.same(await due(heard), [{ pids: [104, 103, 102], reason: 'cascade' }])
  t.match(await supervisor.getChildren(101), [{ pid: 102, lastExit: null }], 'nobody has ended by being named')
  t.match(await supervisor.getSpawnTree(100), { liveDescendants: 4 })
})

everywhere(t, 'a cascade names each level after the one below it', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { depth: 9 }, 100)
  await spawnChain(supervisor, 100, 101, 102, 103)
  await spawnChain(supervisor, 101, 112, 113, 114)
  const heard = listen(supervisor)
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  const [{ pids: named }] = await due(heard)
  t.same([...named].sort(), [102, 103, 112, 113, 114])
  const depths = new Map([
    [102, 2],
    [112, 2],
    [103, 3],
    [113, 3],
    [114, 4],
  ])
  const order = named.map(pid => depths.get(pid) ?? 0)
  t.same(
    order,
    [...order].sort((a, b) => b - a),
    'deepest first',
  )
})

everywhere(t, 'a cascade names only those that still run, and nobody at a leaf', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { depth: 9 }, 100)
  await spawnChain(supervisor, 100, 101, 102, 103)
  await spawnChild(supervisor, 101, 112)
  const heard = listen(supervisor)
  await supervisor.recordSpawnExit(112, { exitCode: 0 })
  t.same(await due(heard), [])
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  t.same(await due(heard), [{ pids: [103, 102], reason: 'cascade' }])
})

everywhere(t, "a root's death meets the policy, for its subtree alone", async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100, 200)
  await spawnChain(supervisor, 100, 101, 102)
  await spawnChain(supervisor, 200, 201, 202)
  const heard = listen(supervisor)
  await supervisor.recordSpawnExit(200, { signal: 11 })
  t.same(await due(heard), [{ pids: [202, 201], reason: 'cascade' }])
})

everywhere(t, 'orphans run on, tracked and counted', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { terminationPolicy: 'orphan' }, 100)
  await spawnChain(supervisor, 100, 101, 102)
  const heard = listen(supervisor)
  await supervisor.recordSpawnExit(101, { exitCode: 1 })
  t.same(await due(heard), [])
  t.match(await supervisor.getSpawnTree(102), { serviceName: 'svc', liveDescendants: 1, processes: 2 })
  t.same(pids(await supervisor.getChildren(100)), [101])
  await supervisor.recordSpawnExit(100, { exitCode: 1 })
  t.match(await supervisor.getSpawnTree(102), { liveDescendants: 1, processes: 1 })
  t.match(await supervisor.recordSpawnExit(102, { exitCode: 2 }), { pid: 102, depth: 2 })
})

everywhere(t, 'reparent moves the children to the nearest living ancestor', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { terminationPolicy: 'reparent', depth: 9 }, 100)
  await spawnChain(supervisor, 100, 101, 102, 103, 104)
  await spawnChild(supervisor, 102, 113)
  const heard = listen(supervisor)
  await supervisor.recordSpawnExit(102, { exitCode: 1 })
  t.same(await due(heard), [])
  t.same(
    heard.all('child_moved').map(({ pid, fromPid, toPid }) => ({ pid, fromPid, toPid })),
    [103, 113].map(pid => ({ pid, fromPid: 102, toPid: 101 })),
  )
  t.match(await supervisor.getChildren(101), [
    { pid: 102, depth: 2 },
    { pid: 103, depth: 3, parentPid: 101 },
    { pid: 113, depth: 3, parentPid: 101 },
  ])
  t.same(await supervisor.getChildren(102), [])
  t.match(await supervisor.getChildren(103), [{ pid: 104, parentPid: 103, depth: 4 }])
})

everywhere(t, "reparent falls back on the service's oldest living root, then on nobody", async (t, { supervisor }) => {
  await register(supervisor, 'svc', { terminationPolicy: 'reparent' }, 100, 200, 300)
  await spawnChild(supervisor, 100, 101)
  await supervisor.recordSpawnExit(200, { exitCode: 0 })
  await supervisor.recordSpawnExit(100, { exitCode: 0 })
  t.match(await supervisor.getChildren(300), [{ pid: 101, parentPid: 300, depth: 1 }])
  await supervisor.recordSpawnExit(300, { exitCode: 0 })
  t.match(await supervisor.getSpawnTree(101), { liveDescendants: 1, processes: 1 })
})

everywhere(t, 'a parent given more children than allowed gets no grant until below', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { terminationPolicy: 'reparent', children: 2 }, 100)
  await spawnChild(supervisor, 100, 101)
  await spawnChild(supervisor, 100, 102)
  await spawnChild(supervisor, 101, 103)
  await spawnChild(supervisor, 101, 104)
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  refused(t, await refusal(supervisor, 100), 'child_limit', { limit: 2, current: 3 })
  await supervisor.recordSpawnExit(103, { exitCode: 0 })
  refused(t, await refusal(supervisor, 100), 'child_limit', { current: 2 })
  await supervisor.recordSpawnExit(104, { exitCode: 0 })
  await grant(supervisor, 100)
})

everywhere(t, 'a node recorded under a dead parent meets the policy at once', async (t, { supervisor }) => {
  await register(supervisor, 'c', { terminationPolicy: 'cascade' }, 100)
  await register(supervisor, 'r', { terminationPolicy: 'reparent' }, 200)
  await register(supervisor, 'o', { terminationPolicy: 'orphan' }, 300)
  const heard = listen(supervisor)
  for (const root of [100, 200, 300]) {
    await spawnChild(supervisor, root, root + 1)
    const { ticket } = await grant(supervisor, root + 1)
    await supervisor.recordSpawnExit(root + 1, { exitCode: 0 })
    t.type(await supervisor.recordSpawn(root + 1, { name: 'late', pid: root + 2 }, { ticket }), 'string')
    t.match(await supervisor.getSpawnTree(root), { liveDescendants: 1, processes: 2 })
  }
  t.same(await due(heard), [{ pids: [102], reason: 'cascade' }])
  t.match(await supervisor.getChildren(200), [{ pid: 201 }, { pid: 202, parentPid: 200, depth: 2 }])
  t.same(pids(await supervisor.getChildren(300)), [301])
})

everywhere(t, 'so does a node recorded with the ticket of a dead root', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100, 200)
  const heard = listen(supervisor)
  const { ticket } = await grant(supervisor, 100)
  await supervisor.recordSpawnExit(100, { exitCode: 0 })
  t.equal(await supervisor.recordSpawn(100, { name: 'late', pid: 101 }, { ticket }), 'svc')
  t.same(await due(heard, 200), [{ pids: [101], reason: 'cascade' }])
  t.match(await supervisor.getSpawnTree(101), { serviceName: 'svc', liveDescendants: 1 })
})

everywhere(t, 'no policy acts under tracked counting', async (t, { supervisor }) => {
  for (const [at, terminationPolicy] of (['cascade', 'reparent'] as const).entries()) {
    const root = 100 * (at + 1)
    await register(supervisor, terminationPolicy, { terminationPolicy, counting: 'tracked' }, root)
    await spawnChain(supervisor, root, root + 1, root + 2)
    const heard = listen(supervisor)
    await supervisor.recordSpawnExit(root + 1, { exitCode: 0 })
    await supervisor.recordSpawnExit(root, { exitCode: 0 })
    t.same(await due(heard, root), [])
    t.same(pids(await supervisor.getChildren(root + 1)), [root + 2])
  }
})
