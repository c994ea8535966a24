import t from 'tap'
import { grant, refusal, refused, register, spawnChain, spawnChild } from '../support/acts.js'
import { type Listener, listen } from '../support/listen.js'
import { everywhere } from '../support/world.js'

async function due(heard: Listener): Promise<unknown[]> {
  await heard.settle(100)
  return heard.all('termination_due').map(({ pids, reason }) => ({ pids, reason }))
}

everywhere(t, 'a child is due at its deadline, once, with everything below it', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { depth: 9, terminationPolicy: 'orphan' }, 100)
  await spawnChild(supervisor, 100, 101, { ttlMs: 1000 })
  await spawnChain(supervisor, 101, 102, 103)
  const heard = listen(supervisor)
  await clock.advance(999)
  t.same(await due(heard), [])
  await clock.advance(1)
  const ordered = [{ pids: [103, 102, 101], reason: 'ttl' }]
  t.same(await due(heard), ordered, 'whatever the policy')
  await clock.advance(5000)
  t.same(await due(heard), ordered)
})

everywhere(t, 'a long jump of the clock passes every deadline', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', {}, 100)
  for (const [at, ttlMs] of [300, 100, 200].entries()) await spawnChild(supervisor, 100, 101 + at, { ttlMs })
  const heard = listen(supervisor)
  await clock.advance(1000)
  t.same(
    (await due(heard)).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    [101, 102, 103].map(pid => ({ pids: [pid], reason: 'ttl' })),
  )
})

everywhere(t, 'the age of startedAt counts', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', {}, 100)
  await clock.advance(10_000)
  await spawnChild(supervisor, 100, 110)
  const now = (await supervisor.getChildren(100))[0].startedAt
  await spawnChild(supervisor, 100, 101, { ttlMs: 1000, startedAt: now - 400 })
  await spawnChild(supervisor, 100, 102, { ttlMs: 1000, startedAt: now })
  const heard = listen(supervisor)
  await clock.advance(599)
  t.same(await due(heard), [])
  await clock.advance(1)
  t.same(await due(heard), [{ pids: [101], reason: 'ttl' }])
  await clock.advance(400)
  t.same((await due(heard)).slice(1), [{ pids: [102], reason: 'ttl' }])
})

everywhere(t, 'whoever recorded it: no ticket is needed', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', {}, 100)
  await supervisor.recordSpawn(100, { name: 'a', pid: 101, ttlMs: 50 })
  const heard = listen(supervisor)
  await clock.advance(50)
  t.same(await due(heard), [{ pids: [101], reason: 'ttl' }])
})

everywhere(t, 'an exit before the deadline leaves nothing due', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChild(supervisor, 100, 101, { ttlMs: 100 })
  await spawnChild(supervisor, 100, 102, { ttlMs: 100 })
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  await supervisor.removeChild(102)
  const heard = listen(supervisor)
  await clock.advance(1000)
  t.same(await due(heard), [])
})

everywhere(
  t,
  'ttlMax refuses longer ones and is given to those that ask for none',
  async (t, { supervisor, clock }) => {
    await register(supervisor, 'svc', { ttlMaxMs: 1000 }, 100)
    refused(t, await refusal(supervisor, 100, 1001), 'ttl_limit', { limit: 1000, current: 1001 })
    await spawnChild(supervisor, 100, 101)
    await spawnChild(supervisor, 100, 102, { ttlMs: 400 })
    t.match(await supervisor.getChildren(100), [{ ttlMs: 1000 }, { ttlMs: 400 }])
    const heard = listen(supervisor)
    await clock.advance(400)
    t.same(await due(heard), [{ pids: [102], reason: 'ttl' }])
    await clock.advance(600)
    t.same((await due(heard)).slice(1), [{ pids: [101], reason: 'ttl' }])
    await grant(supervisor, 100, 1000)
  },
)
