import t from 'tap'
import { fails, grant, pids, refusal, refused, register, spawnChild } from '../support/acts.js'
import { listen } from '../support/listen.js'
import { everywhere } from '../support/world.js'

everywhere(t, 'a service may have several roots, the same again changes nothing', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 200, 100)
  await supervisor.registerServicePid('svc', 100)
  t.match(await supervisor.services(), [{ name: 'svc', roots: [200, 100], liveDescendants: 0 }])
  t.match(await supervisor.getSpawnTree(100), { processes: 2 })
  t.equal((await grant(supervisor, 200)).depth, 1)
})

everywhere(t, "a living node or another service's root is pid_taken", async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await register(supervisor, 'other', {}, 200)
  await spawnChild(supervisor, 100, 101)
  await fails(t, () => supervisor.registerServicePid('svc', 101), 'pid_taken', /101/)
  await fails(t, () => supervisor.registerServicePid('other', 101), 'pid_taken', /101/)
  await fails(t, () => supervisor.registerServicePid('other', 100), 'pid_taken', /100/)
  t.match(await supervisor.services(), [
    { name: 'other', roots: [200] },
    { name: 'svc', roots: [100] },
  ])
})

everywhere(t, 'the pid of an exited node or a dead root may be a root', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await register(supervisor, 'other', {}, 200)
  await spawnChild(supervisor, 100, 101)
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  await supervisor.registerServicePid('svc', 101)
  t.equal((await grant(supervisor, 101)).depth, 1)
  await supervisor.unregisterServicePid(200)
  await supervisor.registerServicePid('svc', 200)
  t.match(await supervisor.services(), [{ roots: [] }, { roots: [100, 101, 200] }])
})

for (const [how, die] of [
  ['unregistered', 'unregisterServicePid'],
  ['recorded as exited', 'recordSpawnExit'],
] as const) {
  everywhere(t, `a root ${how} is dead and its pid unknown`, async (t, { supervisor }) => {
    await register(supervisor, 'svc', {}, 100, 200)
    const heard = listen(supervisor)
    if (die === 'recordSpawnExit') t.equal(await supervisor.recordSpawnExit(100, { exitCode: 0 }), null)
    else await supervisor.unregisterServicePid(100)
    t.match(await heard.first('root_exited'), { service: 'svc', pid: 100 })
    refused(t, await refusal(supervisor, 100), 'no_tree')
    t.equal(await supervisor.getSpawnTree(100), null)
    t.equal(await supervisor.terminationPolicyFor(100), null)
    t.same(await supervisor.getChildren(100), [])
    t.match(await supervisor.services(), [{ roots: [200] }])
    t.match(await supervisor.getSpawnTree(200), { processes: 1 })
    await grant(supervisor, 200)
  })
}

everywhere(t, 'a root of a service nobody registered is an error', async (t, { supervisor }) => {
  await fails(t, () => supervisor.registerServicePid('svc', 100), 'invalid_input', /svc/)
  refused(t, await refusal(supervisor, 100), 'no_tree')
})

everywhere(t, 'a service whose roots have ended is rootless until the others end', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { terminationPolicy: 'orphan' }, 100)
  await spawnChild(supervisor, 100, 101)
  await supervisor.recordSpawnExit(100, { signal: 9 })
  t.match(await supervisor.services(), [{ name: 'svc', roots: [], liveDescendants: 1 }])
  t.equal((await grant(supervisor, 101)).rootService, 'svc')
})

everywhere(t, 'a hint serves an untracked parent only', async (t, { supervisor }) => {
  await register(supervisor, 'a', {}, 100, 110)
  await register(supervisor, 'b', {}, 200)
  t.equal(await supervisor.recordSpawn(4000, { name: 'x', pid: 101 }, { rootHint: 'a' }), 'a')
  t.match(await supervisor.getChildren(100), [{ pid: 101, parentPid: 4000, depth: 1 }], 'below the oldest living root')
  t.match(await supervisor.getSpawnTree(101), { serviceName: 'a', liveDescendants: 1 })
  t.equal((await grant(supervisor, 101)).depth, 2)
  t.equal(await supervisor.recordSpawn(100, { name: 'y', pid: 102 }, { rootHint: 'b' }), 'a')
  t.same(pids(await supervisor.getChildren(100)), [101, 102])
  t.same(pids(await supervisor.getChildren(200)), [])
})

everywhere(t, 'a hint without a living root is still followed', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {})
  t.equal(await supervisor.recordSpawn(9999, { name: 'child', pid: 42 }, { rootHint: 'svc' }), 'svc')
  t.match(await supervisor.getSpawnTree(42), { serviceName: 'svc', totalDescendants: 1 })
})

everywhere(t, 'a hint naming no service is an error', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  const record = () => supervisor.recordSpawn(4000, { name: 'x', pid: 101 }, { rootHint: 'nobody' })
  await fails(t, record, 'invalid_input', /nobody/)
  t.equal(await supervisor.getSpawnTree(101), null)
})

everywhere(t, 'with neither a known parent nor a hint nothing is tracked', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  t.equal(await supervisor.recordSpawn(4000, { name: 'x', pid: 101 }), null)
  t.equal(await supervisor.getSpawnTree(101), null)
  t.same(await supervisor.getChildren(4000), [])
  t.match(await supervisor.getSpawnTree(100), { totalDescendants: 0 })
})
