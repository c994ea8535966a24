import t from 'tap'
import { fails, grant, pids, refusal, refused, register, spawnChild } from '../support/acts.js'
import { listen } from '../support/listen.js'
import { everywhere } from '../support/world.js'

everywhere(t, 'a grant holds its slots until its record', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 2, descendants: 2 }, 100)
  const first = await grant(supervisor, 100)
  t.match(first, { ok: true, depth: 1, rootService: 'svc', expiresAtMs: 10_000 })
  await grant(supervisor, 100)
  refused(t, await refusal(supervisor, 100), 'descendant_limit', { limit: 2, current: 2 })
  t.match(await supervisor.getSpawnTree(100), { reservations: 2, liveDescendants: 0, totalDescendants: 0 })
  t.equal(await supervisor.recordSpawn(100, { name: 'a', pid: 101 }, { ticket: first.ticket }), 'svc')
  t.match(await supervisor.getSpawnTree(100), {
    reservations: 1,
    liveDescendants: 1,
    totalDescendants: 1,
    processes: 2,
  })
})

everywhere(t, 'a released ticket gives its slots back once', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 1 }, 100)
  const { ticket } = await grant(supervisor, 100)
  refused(t, await refusal(supervisor, 100), 'child_limit', { limit: 1, current: 1 })
  t.equal(await supervisor.releaseTicket(ticket), true)
  t.equal(await supervisor.releaseTicket(ticket), false, 'a released one frees nothing')
  const used = await grant(supervisor, 100)
  await supervisor.recordSpawn(100, { name: 'a', pid: 101 }, { ticket: used.ticket })
  t.equal(await supervisor.releaseTicket(used.ticket), false, 'nor does a used one')
  refused(t, await refusal(supervisor, 100), 'child_limit', { current: 1 })
})

everywhere(t, 'a grant that waits too long dies', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { children: 1, ticketTtlMs: 500 }, 100)
  const heard = listen(supervisor)
  await clock.advance(100)
  const { ticket, expiresAtMs } = await grant(supervisor, 100)
  t.equal(expiresAtMs, 600)
  await clock.advance(499)
  refused(t, await refusal(supervisor, 100), 'child_limit')
  await clock.advance(1)
  await grant(supervisor, 100)
  t.equal(await supervisor.releaseTicket(ticket), false, 'an expired one frees nothing')
  t.match(await heard.first('ticket_expired'), { ticket, parentPid: 100 })
})

everywhere(
  t,
  'a record with a ticket that has died is late: tracked, counted, told',
  async (t, { supervisor, clock }) => {
    await register(supervisor, 'svc', { children: 1, ticketTtlMs: 500, rate: '2/1h' }, 100)
    const heard = listen(supervisor)
    const { ticket } = await grant(supervisor, 100)
    await clock.advance(500)
    t.equal(await supervisor.recordSpawn(100, { name: 'a', pid: 101 }, { ticket }), 'svc')
    t.match(await heard.first('child_recorded'), { late: true, child: { pid: 101, depth: 1 } })
    t.match(await supervisor.getSpawnTree(100), { liveDescendants: 1, reservations: 0 })
    refused(t, await refusal(supervisor, 100), 'rate_limit', { current: 2 })
  },
)

everywhere(t, 'a late record past a limit is an overrun, not a refusal', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { children: 1, ticketTtlMs: 500 }, 100)
  const heard = listen(supervisor)
  const { ticket } = await grant(supervisor, 100)
  await clock.advance(500)
  await spawnChild(supervisor, 100, 101)
  t.equal(await supervisor.recordSpawn(100, { name: 'b', pid: 102 }, { ticket }), 'svc')
  t.match(await heard.first('limit_overrun'), { pid: 102, code: 'child_limit', limit: 1 })
  refused(t, await refusal(supervisor, 100), 'child_limit', { limit: 1, current: 2 })
})

everywhere(t, 'a used ticket is an error while its record lasts, and late afterwards', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  const heard = listen(supervisor)
  const { ticket } = await grant(supervisor, 100)
  await supervisor.recordSpawn(100, { name: 'a', pid: 101 }, { ticket })
  await fails(t, () => supervisor.recordSpawn(100, { name: 'b', pid: 102 }, { ticket }), 'invalid_input', /ticket/i)
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  await fails(t, () => supervisor.recordSpawn(100, { name: 'b', pid: 102 }, { ticket }), 'invalid_input', /ticket/i)
  await fails(t, () => supervisor.recordSpawn(999, { name: 'b', pid: 102 }, { ticket }), 'invalid_input', /ticket/i)
  t.same(pids(await supervisor.getChildren(100)), [101], 'nothing changed')
  await supervisor.removeChild(101)
  t.equal(await supervisor.recordSpawn(100, { name: 'b', pid: 102 }, { ticket }), 'svc')
  t.match(await heard.first('child_recorded', event => event.child.pid === 102), { late: true })
})

everywhere(t, 'a ticket for another parent, or never issued, is an error', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100, 200)
  await register(supervisor, 'other', {}, 300)
  const { ticket } = await grant(supervisor, 100)
  for (const parent of [200, 300, 999])
    await fails(
      t,
      () => supervisor.recordSpawn(parent, { name: 'a', pid: 101 }, { ticket }),
      'invalid_input',
      /ticket/i,
    )
  for (const forged of [ticket + 1, ticket + 2 ** 20, Number.MAX_SAFE_INTEGER, 1, 0, -1, 1.5, Number.NaN])
    if (forged !== ticket)
      await fails(
        t,
        () => supervisor.recordSpawn(100, { name: 'a', pid: 101 }, { ticket: forged }),
        'invalid_input',
        /ticket/i,
      )
  t.match(await supervisor.getSpawnTree(100), { reservations: 1, totalDescendants: 0 }, 'nothing changed')
  t.equal(await supervisor.recordSpawn(100, { name: 'a', pid: 101 }, { ticket }), 'svc')
})

everywhere(t, "a dead parent's tickets live until used, released or expired", async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { terminationPolicy: 'orphan', ticketTtlMs: 1000 }, 100)
  await spawnChild(supervisor, 100, 101)
  const use = await grant(supervisor, 101)
  const release = await grant(supervisor, 101)
  const expire = await grant(supervisor, 101)
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  t.match(await supervisor.getSpawnTree(100), { reservations: 3 })
  t.equal(await supervisor.recordSpawn(101, { name: 'a', pid: 102 }, { ticket: use.ticket }), 'svc')
  t.equal(await supervisor.releaseTicket(release.ticket), true)
  t.match(await supervisor.getSpawnTree(100), { reservations: 1, liveDescendants: 1 })
  await clock.advance(1000)
  t.equal(await supervisor.releaseTicket(expire.ticket), false)
  t.match(await supervisor.getSpawnTree(100), { reservations: 0 })
})

everywhere(t, 'a recorded name may differ from the one that was asked for', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  const { ticket } = await grant(supervisor, 100)
  await supervisor.recordSpawn(100, { name: 'another', pid: 101 }, { ticket })
  t.match(await supervisor.getChildren(100), [{ name: 'another' }])
})

for (const [service, where] of [
  ['svc', 'in its own service'],
  ['other', 'on another host, or on the same'],
] as const)
  everywhere(
    t,
    `a ticket is used below who asked, whose pid another process has by now ${where}`,
    async (t, { supervisor }) => {
      await supervisor.registerService('svc', { terminationPolicy: 'orphan' })
      await supervisor.registerService('other')
      await supervisor.registerServicePid('svc', 100, { startTicks: 1 })
      const { ticket } = await grant(supervisor, 100)
      await supervisor.registerServicePid(service, 100, { startTicks: 2 })
      const child = { name: 'a', pid: 101, startTicks: 3 }
      t.equal(await supervisor.recordSpawn(100, child, { ticket }), 'svc')
      t.same(await supervisor.getChildren(100), [], 'not below the other')
      t.match(await supervisor.getSpawnTree(101), { serviceName: 'svc', liveDescendants: 1, reservations: 0 })
      t.equal(await supervisor.recordSpawn(100, child, { ticket }), 'svc', 'the same again changes nothing')
      await supervisor.recordSpawnExit(101, { exitCode: 0 })
      t.equal(await supervisor.recordSpawn(100, child, { ticket }), 'svc', 'nor when it has ended')
      t.equal(await supervisor.activeChildCount(), 0)
    },
  )
