import t from 'tap'
import { fails, grant, pids, refused, register, spawnChain, spawnChild } from '../support/acts.js'
import { everywhere } from '../support/world.js'

everywhere(t, 'a tree is told with its limits and figures', async (t, { supervisor }) => {
  await register(
    supervisor,
    'svc',
    { depth: 4, children: 5, descendants: 6, totalMemory: '1M', terminationPolicy: 'orphan' },
    100,
    200,
  )
  await spawnChain(supervisor, 100, 101, 102)
  await supervisor.recordSpawnExit(102, { exitCode: 0 })
  await grant(supervisor, 101)
  await supervisor.updateChildMetrics(101, 1, 77)
  const tree = {
    serviceName: 'svc',
    maxDepth: 4,
    maxChildren: 5,
    maxDescendants: 6,
    memoryQuota: 2 ** 20,
    memoryUsed: 77,
    terminationPolicy: 'orphan',
    currentDepth: 0,
    totalDescendants: 2,
    liveDescendants: 1,
    reservations: 1,
    processes: 3,
    memorySource: 'rss',
  }
  for (const pid of [100, 101, 102, 200]) t.strictSame(await supervisor.getSpawnTree(pid), tree)
  t.equal(await supervisor.getSpawnTree(4000), null)
})

everywhere(t, 'absent and null limits are the defaults', async (t, { supervisor }) => {
  await supervisor.registerService('absent')
  await supervisor.registerService('null', null)
  await supervisor.registerService('nulls', { depth: null, rate: null, totalMemory: null, tasks: null, counting: null })
  for (const { limits } of await supervisor.services())
    t.strictSame(limits, {
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
      tasks: 16 * 501,
      countPeripherals: false,
      strict: false,
      keepExited: 100,
      ticketTtlMs: 10_000,
      counting: 'live',
    })
})

everywhere(t, 'services are told by name', async (t, { supervisor }) => {
  for (const name of ['b', 'a', 'c']) await register(supervisor, name, {})
  t.same(
    (await supervisor.services()).map(service => service.name),
    ['a', 'b', 'c'],
  )
})

everywhere(t, 'children come in the order recorded', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  for (const pid of [105, 103, 104, 101]) await spawnChild(supervisor, 100, pid)
  await supervisor.recordSpawnExit(103, { exitCode: 1 })
  const children = await supervisor.getChildren(100)
  t.same(pids(children), [105, 103, 104, 101])
  t.match(children[1].lastExit, { exitCode: 1 })
  t.same(await supervisor.getChildren(105), [])
  t.same(await supervisor.getChildren(4000), [])
})

everywhere(t, 'the policy of a pid is its service, or none', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { terminationPolicy: 'reparent' }, 100)
  await spawnChild(supervisor, 100, 101)
  t.equal(await supervisor.terminationPolicyFor(100), 'reparent')
  t.equal(await supervisor.terminationPolicyFor(101), 'reparent')
  t.equal(await supervisor.terminationPolicyFor(4000), null)
})

everywhere(t, 'canSpawn tells what depth, descendants or memory would refuse', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { depth: 2, descendants: 1, totalMemory: 10, children: 0, rate: '0/1s' }, 100)
  t.equal(await supervisor.canSpawn('svc', 1), null)
  refused(t, await supervisor.canSpawn('svc', 2), 'depth_limit', { limit: 2 })
  await supervisor.updateChildMetrics(100, null, 10)
  refused(t, await supervisor.canSpawn('svc', 1), 'memory_quota', { limit: 10, current: 10 })
  await supervisor.recordSpawn(100, { name: 'a', pid: 101 })
  refused(t, await supervisor.canSpawn('svc', 1), 'descendant_limit', { limit: 1, current: 1 })
  refused(t, await supervisor.canSpawn('svc', 7), 'depth_limit')
  await fails(t, () => supervisor.canSpawn('nobody', 1), 'invalid_input', /nobody/)
})

everywhere(t, 'active children are those without an exit', async (t, { supervisor }) => {
  t.equal(await supervisor.activeChildCount(), 0)
  await register(supervisor, 'a', { terminationPolicy: 'orphan' }, 100)
  await register(supervisor, 'b', {}, 200)
  await spawnChain(supervisor, 100, 101, 102)
  await spawnChild(supervisor, 200, 201)
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  t.equal(await supervisor.activeChildCount(), 2)
  t.equal(await supervisor.activeChildCount(null), 2)
  t.equal(await supervisor.activeChildCount('a'), 1)
  t.equal(await supervisor.activeChildCount('b'), 1)
  await fails(t, () => supervisor.activeChildCount('nobody'), 'invalid_input', /nobody/)
})

everywhere(t, 'a removed subtree is answered in pre-order', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { depth: 9, children: 2, terminationPolicy: 'orphan' }, 100)
  await spawnChain(supervisor, 100, 105, 103, 104)
  await spawnChain(supervisor, 105, 101, 102)
  await spawnChild(supervisor, 100, 106)
  await supervisor.recordSpawnExit(103, { exitCode: 9 })
  refused(t, await supervisor.authorizeSpawn(100, 'x'), 'child_limit')
  const removed = await supervisor.removeSubtree(105)
  t.same(pids(removed), [105, 103, 104, 101, 102])
  t.match(removed[1], { lastExit: { exitCode: 9 } })
  t.same(pids(await supervisor.getChildren(100)), [106])
  t.match(await supervisor.getSpawnTree(100), { totalDescendants: 6, liveDescendants: 1, processes: 2 })
  for (const pid of [101, 104, 105]) t.equal(await supervisor.getSpawnTree(pid), null)
  t.same(await supervisor.removeSubtree(105), [])
  t.same(await supervisor.removeSubtree(100), [], 'a root is no record')
  await spawnChild(supervisor, 100, 105)
  t.match(await supervisor.getChildren(100), [{ pid: 106 }, { pid: 105, lastExit: null }])
})

everywhere(t, "a removed child's own children attach to its parent", async (t, { supervisor }) => {
  await register(supervisor, 'svc', { depth: 9 }, 100)
  await spawnChain(supervisor, 100, 101, 102, 103)
  await spawnChild(supervisor, 101, 104)
  t.match(await supervisor.removeChild(101), { pid: 101, parentPid: 100, depth: 1 })
  t.match(await supervisor.getChildren(100), [
    { pid: 102, parentPid: 100, depth: 2 },
    { pid: 104, parentPid: 100, depth: 2 },
  ])
  t.match(await supervisor.getChildren(102), [{ pid: 103, parentPid: 102, depth: 3 }])
  t.equal(await supervisor.removeChild(101), null)
  t.equal(await supervisor.removeChild(100), null, 'a root is no child')
  t.match(await supervisor.getSpawnTree(100), { liveDescendants: 3, totalDescendants: 4 })
})
