/** A host that dies costs its calls in flight, and no state. */

import t from 'tap'
import type { EspalierError } from '../../../protocol/failures.js'
import { grant, pids, register, spawnChain, spawnChild } from '../../support/acts.js'
import { DEATHS, openMortal, persistently } from '../../support/hosts.js'
import { listen } from '../../support/listen.js'

for (const how of DEATHS) {
  t.test(`a host that dies by ${how} is succeeded by one that knows what it knew`, async t => {
    const { supervisor, replace } = openMortal(t)
    const limits = { depth: 9, rate: { limit: 4, windowMs: 3_600_000 }, lifetime: 5, ticketTtlMs: 3_600_000 }
    await register(supervisor, 'a', limits, 100)
    await register(supervisor, 'b', {}, 200)
    await spawnChain(supervisor, 100, 101, 102)
    await spawnChild(supervisor, 100, 103, { ttlMs: 1e9, rssBytes: 7000, command: 'long '.repeat(100) })
    await supervisor.recordSpawnExit(102, { signal: 9 })
    const { ticket } = await grant(supervisor, 100)
    const before = await supervisor.getSpawnTree(100)
    const children = await supervisor.getChildren(100)

    await replace(0, how)

    t.strictSame(await persistently(() => supervisor.getSpawnTree(100)), before, 'the tree')
    t.strictSame(await supervisor.getChildren(100), children, 'the children')
    t.equal(await supervisor.recordSpawn(100, { name: 'late', pid: 104 }, { ticket }), 'a', 'a ticket from before')
    await grant(supervisor, 100)
    t.match(await supervisor.authorizeSpawn(100, 'x'), { ok: false, code: 'rate_limit', current: 4 }, 'the rate log')
    t.match(await supervisor.authorizeSpawn(101, 'x'), { ok: false, code: 'lifetime_limit', current: 5 }, 'the charges')
    t.match(await supervisor.services(), [
      { name: 'a', roots: [100], host: 0 },
      { name: 'b', roots: [200], host: 1 },
    ])
  })
}

t.test('limits that were changed while it lived bind its successor', async t => {
  const { supervisor, replace } = openMortal(t)
  await register(supervisor, 'a', { descendants: 9 }, 100)
  await supervisor.registerService('a', { descendants: 1 })
  await spawnChild(supervisor, 100, 101)
  await replace(0, 'throw')
  const refused = { ok: false, code: 'descendant_limit', limit: 1, current: 1 }
  t.match(await persistently(() => supervisor.authorizeSpawn(100, 'x')), refused)
  t.match(await supervisor.services(), [{ name: 'a', limits: { descendants: 1 } }])
})

t.test('its calls in flight fail with host_lost, and nobody else notices', async t => {
  const { supervisor, aim } = openMortal(t)
  await register(supervisor, 'a', { rate: 'none', children: 1e6, descendants: 1e6 }, 100)
  await register(supervisor, 'b', { rate: 'none', children: 1e6, descendants: 1e6 }, 200)
  let isOver = false
  let asked = 0
  const bystander = (async () => {
    for (; !isOver; asked++) {
      const { ticket } = await grant(supervisor, 200)
      t.equal(await supervisor.releaseTicket(ticket), true)
    }
  })()
  const link = supervisor.fleet.link(0)
  const shoot = await aim(0)
  // More than a host can answer before it hears that it shall die.
  const calls = Array.from({ length: 60_000 }, () => supervisor.authorizeSpawn(100, 'x'))
  await Promise.resolve()
  shoot()
  const ends = await Promise.allSettled(calls)
  isOver = true
  await bystander
  const codes = new Set(ends.map(end => (end.status === 'rejected' ? (end.reason as EspalierError).code : 'answered')))
  t.ok(codes.has('host_lost'), 'calls in flight fail')
  t.ok(
    [...codes].every(code => code === 'host_lost' || code === 'answered'),
    [...codes].join(),
  )
  t.ok(asked > 0, `the other host answered ${asked} times meanwhile`)
  t.not(supervisor.fleet.link(0), link, 'a successor is there')
  const tree = await persistently(() => supervisor.getSpawnTree(100))
  const answered = ends.filter(end => end.status === 'fulfilled').length
  t.ok((tree?.reservations ?? 0) >= answered, 'no grant that was answered is forgotten')
})

t.test('a cast is applied once, whoever dies', async t => {
  const { supervisor, aim, replace } = openMortal(t)
  await register(supervisor, 'a', { rate: 'none', children: 1e6, descendants: 1e6, keepExited: 1e6 }, 100)
  for (let pid = 1000; pid < 12_000; pid++) {
    supervisor.cast.recordSpawn(100, { name: 'c', pid })
    if (pid % 5 === 0) supervisor.cast.recordSpawnExit(pid - 3, { exitCode: 1 })
    if (pid % 7 === 0) supervisor.cast.removeChild(pid - 1)
    if (pid === 6000) await replace(0, 'exit')
  }
  const shoot = await aim(0)
  for (let pid = 12_000; pid < 16_500; pid++) supervisor.cast.recordSpawn(100, { name: 'c', pid })
  // Now in the middle of a frame that is on its way.
  await Promise.resolve()
  shoot()
  for (let pid = 16_500; pid < 21_000; pid++) supervisor.cast.recordSpawn(100, { name: 'c', pid })
  const tree = await persistently(() => supervisor.getSpawnTree(100))
  const wanted = Array.from({ length: 20_000 }, (_, at) => 1000 + at).filter(
    pid => pid >= 12_000 || (pid + 1) % 7 !== 0,
  )
  t.strictSame(pids(await persistently(() => supervisor.getChildren(100))), wanted)
  t.equal(tree?.totalDescendants, 20_000)
})

t.test('events are numbered on, without a gap', async t => {
  const { supervisor, replace } = openMortal(t)
  const heard = listen(supervisor)
  await register(supervisor, 'a', { rate: 'none' }, 100)
  await spawnChild(supervisor, 100, 101)
  await heard.first('child_recorded', event => event.child.pid === 101)
  await replace(0, 'exit')
  await persistently(() => spawnChild(supervisor, 100, 102))
  await heard.first('child_recorded', event => event.child.pid === 102)
  const numbers = heard.heard.filter(event => event.service === 'a').map(event => event.number)
  t.strictSame(
    numbers,
    numbers.map((_, at) => at + 1),
  )
})
