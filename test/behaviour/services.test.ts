import t from 'tap'
import { fails, grant, pids, refusal, refused, register, spawnChain, spawnChild } from '../support/acts.js'
import { listen } from '../support/listen.js'
import { everywhere } from '../support/world.js'

everywhere(t, 'replacing the limits keeps nodes, counters and tickets', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { lifetime: 3 }, 100)
  const heard = listen(supervisor)
  await spawnChain(supervisor, 100, 101, 102)
  const { ticket } = await grant(supervisor, 101)
  await supervisor.registerService('svc', { lifetime: 3, children: 2, depth: 2 })
  t.match(await heard.first('service_registered'), { replaced: true, limits: { children: 2, depth: 2 } })
  t.match(await supervisor.getSpawnTree(102), {
    maxChildren: 2,
    maxDepth: 2,
    reservations: 1,
    totalDescendants: 2,
    liveDescendants: 2,
  })
  refused(t, await refusal(supervisor, 100), 'lifetime_limit', { limit: 3, current: 3 })
  t.equal(await supervisor.recordSpawn(101, { name: 'a', pid: 103 }, { ticket }), 'svc')
  refused(t, await refusal(supervisor, 101), 'depth_limit', { limit: 2 })
})

everywhere(t, 'a lifetime is never given back', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { lifetime: 2, ticketTtlMs: 100 }, 100)
  await supervisor.releaseTicket((await grant(supervisor, 100)).ticket)
  await grant(supervisor, 100)
  await clock.advance(60_000)
  refused(t, await refusal(supervisor, 100), 'lifetime_limit', { limit: 2, current: 2 })
})

everywhere(t, 'unregistering a service ends and forgets what is below it', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { terminationPolicy: 'orphan' }, 100)
  await register(supervisor, 'other', {}, 200)
  await spawnChain(supervisor, 100, 101, 102)
  await spawnChild(supervisor, 200, 201)
  const { ticket } = await grant(supervisor, 101)
  const heard = listen(supervisor)
  await supervisor.unregisterService('svc')
  await heard.first('service_unregistered', event => event.service === 'svc')
  const due = heard.all('termination_due')
  t.match(due, [{ service: 'svc', reason: 'stop' }])
  t.equal(due.length, 1, 'once')
  t.same(
    due[0].pids.filter(pid => pid !== 100),
    [102, 101],
    'deepest first',
  )
  t.equal(await supervisor.releaseTicket(ticket), false, 'tickets die')
  for (const pid of [100, 101, 102]) {
    t.equal(await supervisor.getSpawnTree(pid), null)
    refused(t, await refusal(supervisor, pid), 'no_tree')
    t.same(await supervisor.getChildren(pid), [])
  }
  t.match(await supervisor.services(), [{ name: 'other', roots: [200], liveDescendants: 1 }])
  t.same(pids(await supervisor.getChildren(200)), [201])
  await fails(t, () => supervisor.registerServicePid('svc', 100), 'invalid_input', /svc/)
  await register(supervisor, 'other', {}, 101)
  await register(supervisor, 'svc', {}, 100)
  t.match(await supervisor.getSpawnTree(100), { totalDescendants: 0, processes: 1 })
})

everywhere(t, 'unregistering what is not there is an error', async (t, { supervisor }) => {
  await fails(t, () => supervisor.unregisterService('svc'), 'invalid_input', /svc/)
})

everywhere(t, 'names have 1 to 64 characters of their alphabet', async (t, { supervisor }) => {
  const bad = ['', 'a b', 'a/b', 'ä', 'a\n', 'x'.repeat(65), '☃', 'a:b', 7, null, undefined, {}] as unknown as string[]
  await register(supervisor, 'good', {}, 100)
  for (const name of bad) {
    await fails(t, () => supervisor.registerService(name, {}), 'invalid_input')
    await fails(t, () => supervisor.registerServicePid(name, 200), 'invalid_input')
    await fails(t, () => supervisor.unregisterService(name), 'invalid_input')
    await fails(t, () => supervisor.authorizeSpawn(100, name), 'invalid_input')
    await fails(t, () => supervisor.recordSpawn(100, { name, pid: 101 }), 'invalid_input')
    await fails(t, () => supervisor.canSpawn(name, 1), 'invalid_input')
  }
  t.match(await supervisor.getSpawnTree(100), { totalDescendants: 0, reservations: 0 })
  for (const name of ['.', 'A-Z_a.z-09', 'x'.repeat(64)]) await supervisor.registerService(name)
  t.equal((await supervisor.services()).length, 4)
})
