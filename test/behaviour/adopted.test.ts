/** Peripherals whose ancestors are gone speak, all of a service together, as one node: `adopted`. */

import t from 'tap'
import { grant, refusal, refused, register, spawnChild } from '../support/acts.js'
import { everywhere, PLACES, type World } from '../support/world.js'

const LIMITS = { depth: 4, children: 2, rate: { limit: 3, windowMs: 1000 }, terminationPolicy: 'orphan' } as const
const peripheral = (pid: number) => ({ name: `fork-${pid}`, pid, kind: 'peripheral' }) as const

/** Two peripherals below a root that has died, and another root that lives. */
async function orphans({ supervisor }: World, depth = 4): Promise<void> {
  await register(supervisor, 'svc', { ...LIMITS, depth }, 100, 101)
  for (const pid of [200, 201]) await supervisor.recordSpawn(100, peripheral(pid))
  await supervisor.recordSpawnExit(100, { exitCode: 0 })
}

everywhere(
  t,
  'a peripheral whose root has died speaks one level below the deepest recorded, and not as a root again',
  async (t, world) => {
    const { supervisor } = world
    await orphans(world)
    t.match(await grant(supervisor, 200), { depth: 3, rootService: 'svc' }, 'the two themselves are at depth 1')
    await spawnChild(supervisor, 101, 300)
    await spawnChild(supervisor, 300, 301)
    refused(t, await refusal(supervisor, 200), 'depth_limit', { limit: 4, current: 4 })
  },
  PLACES,
)

everywhere(t, 'all of a service share one rate and one quota of children', async (t, world) => {
  const { supervisor, clock } = world
  await orphans(world, 64)
  const { ticket } = await grant(supervisor, 200)
  t.equal(await supervisor.recordSpawn(200, { name: 'a', pid: 400 }, { ticket }), 'svc')
  t.equal(await supervisor.recordSpawn(200, { name: 'a', pid: 400 }, { ticket }), 'svc', 'the same again')
  await supervisor.recordSpawnExit(400, { exitCode: 0 })
  await supervisor.removeChild(400)
  const first = await grant(supervisor, 201)
  await supervisor.releaseTicket(first.ticket)
  const second = await grant(supervisor, 200)
  await supervisor.releaseTicket(second.ticket)
  refused(t, await refusal(supervisor, 201), 'rate_limit', { limit: 3, current: 3 })
  await clock.advance(1000)
  await grant(supervisor, 200)
  await grant(supervisor, 201)
  refused(t, await refusal(supervisor, 200), 'child_limit', { limit: 2, current: 2 })
})

everywhere(
  t,
  'a peripheral below a node that has exited is adopted too, one below a living node is not',
  async (t, world) => {
    const { supervisor } = world
    await register(supervisor, 'svc', LIMITS, 100)
    await spawnChild(supervisor, 100, 300)
    await supervisor.recordSpawn(300, peripheral(200))
    t.match(await grant(supervisor, 200), { depth: 2 }, 'its nearest spawned ancestor speaks')
    await supervisor.recordSpawnExit(300, { exitCode: 0 })
    refused(t, await refusal(supervisor, 300), 'parent_exited')
    refused(t, await refusal(supervisor, 200), 'depth_limit', { current: 4 })
  },
)

everywhere(t, 'an order for the service ends what the adopted have spawned', async (t, world) => {
  const { supervisor } = world
  await orphans(world)
  const { ticket } = await grant(supervisor, 200)
  await supervisor.recordSpawn(200, { name: 'a', pid: 400 }, { ticket })
  t.equal(await supervisor.activeChildCount('svc'), 3)
  const events = supervisor.events()
  await supervisor.unregisterService('svc')
  let due: readonly number[] = []
  for await (const event of events) {
    if (event.kind === 'termination_due') due = event.pids
    if (event.kind === 'service_unregistered') break
  }
  t.same([...due].sort(), [101, 200, 201, 400])
})
