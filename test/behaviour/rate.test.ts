import t from 'tap'
import { fails, grant, refusal, refused, register, spawnChild } from '../support/acts.js'
import { listen } from '../support/listen.js'
import { everywhere } from '../support/world.js'

everywhere(
  t,
  "a parent's eleventh spawn within 1000 ms is refused with the time to wait",
  async (t, { supervisor, clock }) => {
    await register(supervisor, 'svc', {}, 100)
    for (let n = 0; n < 10; n++) await grant(supervisor, 100)
    const message = 'Spawn limit exceeded: Spawn rate limit exceeded (max 10/sec)'
    refused(t, await refusal(supervisor, 100), 'rate_limit', { limit: 10, current: 10, retryAfterMs: 1000, message })
    await clock.advance(400)
    refused(t, await refusal(supervisor, 100), 'rate_limit', { retryAfterMs: 600 })
    await clock.advance(599)
    refused(t, await refusal(supervisor, 100), 'rate_limit', { retryAfterMs: 1 })
    await clock.advance(1)
    t.equal((await grant(supervisor, 100)).depth, 1, 'at exactly t + window it is admitted')
  },
  ['inline', '1 host', '2 hosts'],
)

everywhere(t, 'each grant leaves the window by itself', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { rate: '4/1s' }, 100)
  await grant(supervisor, 100)
  await grant(supervisor, 100)
  await clock.advance(300)
  await grant(supervisor, 100)
  await clock.advance(300)
  await grant(supervisor, 100)
  refused(t, await refusal(supervisor, 100), 'rate_limit', { current: 4, retryAfterMs: 400 })
  await clock.advance(400)
  await grant(supervisor, 100)
  await grant(supervisor, 100)
  refused(t, await refusal(supervisor, 100), 'rate_limit', { current: 4, retryAfterMs: 300 })
  await clock.advance(300)
  await grant(supervisor, 100)
  refused(t, await refusal(supervisor, 100), 'rate_limit', { current: 4, retryAfterMs: 300 })
})

everywhere(t, 'a refusal uses no rate slot, whatever refused', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { rate: '2/1s', ttlMaxMs: 10 }, 100)
  for (let n = 0; n < 5; n++) refused(t, await refusal(supervisor, 100, 11), 'ttl_limit')
  await grant(supervisor, 100)
  await grant(supervisor, 100)
  for (let n = 0; n < 5; n++) refused(t, await refusal(supervisor, 100), 'rate_limit', { current: 2 })
  await clock.advance(1000)
  await grant(supervisor, 100)
})

everywhere(t, 'each parent has a rate of its own', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { rate: '2/1s', depth: 9 }, 100, 200)
  await spawnChild(supervisor, 100, 101)
  await grant(supervisor, 100)
  refused(t, await refusal(supervisor, 100), 'rate_limit')
  for (const parent of [101, 200]) {
    await grant(supervisor, parent)
    await grant(supervisor, parent)
    refused(t, await refusal(supervisor, parent), 'rate_limit')
  }
})

everywhere(t, 'a window of another length is named in ms', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { rate: '3/500ms' }, 100)
  for (let n = 0; n < 3; n++) await grant(supervisor, 100)
  refused(t, await refusal(supervisor, 100), 'rate_limit', {
    message: 'Spawn limit exceeded: Spawn rate limit exceeded (max 3 per 500 ms)',
    retryAfterMs: 500,
  })
  await clock.advance(500)
  await grant(supervisor, 100)
  await register(supervisor, 'slow', { rate: { limit: 1, windowMs: 60_000 } }, 200)
  await grant(supervisor, 200)
  refused(t, await refusal(supervisor, 200), 'rate_limit', {
    message: 'Spawn limit exceeded: Spawn rate limit exceeded (max 1 per 60000 ms)',
    retryAfterMs: 60_000,
  })
})

everywhere(t, "'none' lifts the rate", async (t, { supervisor }) => {
  await register(supervisor, 'svc', { rate: 'none' }, 100)
  for (let n = 0; n < 60; n++) await grant(supervisor, 100)
  t.match(await supervisor.getSpawnTree(100), { reservations: 60 })
})

everywhere(t, 'a rate of zero allows none', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { rate: '0/1s' }, 100)
  refused(t, await refusal(supervisor, 100), 'rate_limit', { limit: 0, current: 0 })
})

everywhere(t, 'a released ticket leaves its rate slot spent', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { rate: '2/1s' }, 100)
  for (let n = 0; n < 2; n++) t.equal(await supervisor.releaseTicket((await grant(supervisor, 100)).ticket), true)
  refused(t, await refusal(supervisor, 100), 'rate_limit', { current: 2 })
})

everywhere(
  t,
  'a process recorded without a ticket takes a rate slot, and an overrun is told',
  async (t, { supervisor }) => {
    await register(supervisor, 'svc', { rate: '2/1s' }, 100)
    const heard = listen(supervisor)
    await supervisor.recordSpawn(100, { name: 'a', pid: 101 })
    await supervisor.recordSpawn(100, { name: 'b', pid: 102 })
    refused(t, await refusal(supervisor, 100), 'rate_limit', { current: 2 })
    t.equal(await supervisor.recordSpawn(100, { name: 'c', pid: 103 }), 'svc', 'it exists already, so it is tracked')
    t.match(await heard.first('limit_overrun'), { pid: 103, code: 'rate_limit', limit: 2 })
    t.match(await supervisor.getSpawnTree(100), { liveDescendants: 3 })
  },
)

everywhere(t, 'the service rate is counted over the whole tree', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { serviceRate: '3/1s' }, 100, 200)
  await grant(supervisor, 100)
  await grant(supervisor, 200)
  await clock.advance(250)
  await grant(supervisor, 100)
  refused(t, await refusal(supervisor, 200), 'service_rate_limit', { limit: 3, current: 3, retryAfterMs: 750 })
  t.match((await refusal(supervisor, 200)).message, /\(max 3\/sec\)$/)
  await clock.advance(750)
  await grant(supervisor, 200)
  await grant(supervisor, 200)
  refused(t, await refusal(supervisor, 100), 'service_rate_limit', { current: 3, retryAfterMs: 250 })
})

everywhere(t, 'what was granted counts under replaced limits too', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { rate: '2/1s' }, 100)
  await grant(supervisor, 100)
  await clock.advance(200)
  await grant(supervisor, 100)
  refused(t, await refusal(supervisor, 100), 'rate_limit')
  await supervisor.registerService('svc', { rate: '4/1s' })
  await clock.advance(200)
  await grant(supervisor, 100)
  await grant(supervisor, 100)
  refused(t, await refusal(supervisor, 100), 'rate_limit', { limit: 4, current: 4, retryAfterMs: 600 })
  await supervisor.registerService('svc', { rate: '2/1s' })
  refused(t, await refusal(supervisor, 100), 'rate_limit', { limit: 2, current: 4, retryAfterMs: 1000 })
  await supervisor.registerService('svc', { rate: '4/10s' })
  refused(t, await refusal(supervisor, 100), 'rate_limit', { limit: 4, current: 4, retryAfterMs: 9600 })
})

everywhere(t, 'a rate that cannot be read is an error that names it', async (t, { supervisor }) => {
  for (const rate of ['', 'ten/1s', '10', '10/', '-1/1s', '1.5/1s', '10/0s', '10/50ms', '10/2h', '10/1y', 'unlimited'])
    await fails(t, () => supervisor.registerService('svc', { rate }), 'invalid_input', /rate/)
  for (const rate of [
    { limit: -1, windowMs: 1000 },
    { limit: 1, windowMs: 99 },
    { limit: 1, windowMs: 3_600_001 },
  ])
    await fails(t, () => supervisor.registerService('svc', { serviceRate: rate }), 'invalid_input', /rate/i)
  t.same(await supervisor.services(), [])
})
