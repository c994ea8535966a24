import t from 'tap'
import type { Grant, Refusal } from '../../src/index.js'
import { fails, grant, refusal, refused, register, spawnChild } from '../support/acts.js'
import { everywhere } from '../support/world.js'

/** Asks with a wait and notes in `order` when it was answered. */
function asker(order: string[]) {
  return async (name: string, asked: Promise<Grant | Refusal>): Promise<Grant | Refusal> => {
    const answer = await asked
    order.push(answer.ok ? name : `${name} ${answer.code}`)
    return answer
  }
}

everywhere(
  t,
  'who waits for a rate is granted in turn, when its window has room',
  async (t, { supervisor, clock }) => {
    await register(supervisor, 'svc', { rate: '2/1s' }, 100)
    await grant(supervisor, 100)
    await clock.advance(300)
    await grant(supervisor, 100)
    const order: string[] = []
    const note = asker(order)
    const all = ['a', 'b', 'c'].map(name => note(name, supervisor.authorizeSpawn(100, name, { wait: {} })))
    await clock.advance(699)
    t.same(order, [])
    await clock.advance(1)
    t.same(order, ['a'])
    await clock.advance(300)
    t.same(order, ['a', 'b'])
    await clock.advance(10_000)
    t.same(order, ['a', 'b', 'c'], 'one long step serves everybody whose time comes within')
    await Promise.all(all)
  },
  ['inline', '1 host', '2 hosts'],
)

everywhere(t, 'who waits for a slot gets it from an end, first come first served', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 2, rate: 'none' }, 100)
  await spawnChild(supervisor, 100, 101)
  const held = await grant(supervisor, 100)
  const order: string[] = []
  const note = asker(order)
  const first = note('first', supervisor.authorizeSpawn(100, 'first', { wait: {} }))
  const second = note('second', supervisor.authorizeSpawn(100, 'second', { wait: {} }))
  refused(t, await refusal(supervisor, 100), 'child_limit')
  t.same(order, [])
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  await first
  t.same(order, ['first'])
  await supervisor.releaseTicket(held.ticket)
  await second
  t.same(order, ['first', 'second'])
})

everywhere(t, 'a slot of the service frees the waiting parents of all its processes', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { descendants: 1, rate: 'none' }, 100, 200)
  await spawnChild(supervisor, 100, 101)
  const other = supervisor.authorizeSpawn(200, 'other', { wait: {} })
  refused(t, await refusal(supervisor, 200), 'descendant_limit')
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  t.match(await other, { ok: true, depth: 1 })
})

everywhere(t, 'a wait that is over answers what holds then', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { children: 1, rate: 'none', ticketTtlMs: 60_000 }, 100)
  await grant(supervisor, 100)
  const order: string[] = []
  const note = asker(order)
  const waiting = note('late', supervisor.authorizeSpawn(100, 'late', { wait: { timeoutMs: 500 } }))
  await clock.advance(499)
  t.same(order, [])
  await clock.advance(1)
  refused(t, await waiting, 'child_limit', { limit: 1, current: 1 })
})

everywhere(t, 'the slot of a ticket that has expired is found within a second', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { children: 1, rate: 'none', ticketTtlMs: 400 }, 100)
  await grant(supervisor, 100)
  const waiting = supervisor.authorizeSpawn(100, 'next', { wait: { timeoutMs: 10_000 } })
  await clock.advance(999)
  await clock.advance(1)
  t.match(await waiting, { ok: true })
})

everywhere(t, 'an aborted wait fails, leaves its place and takes no slot', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 1, rate: 'none' }, 100)
  await spawnChild(supervisor, 100, 101)
  const stop = new AbortController()
  const gone = supervisor.authorizeSpawn(100, 'gone', { wait: { signal: stop.signal } })
  const stays = supervisor.authorizeSpawn(100, 'stays', { wait: {} })
  refused(t, await refusal(supervisor, 100), 'child_limit')
  stop.abort()
  await fails(t, () => gone, 'aborted', /100.*fresh signal/)
  await fails(t, () => supervisor.authorizeSpawn(100, 'x', { wait: { signal: stop.signal } }), 'aborted')
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  t.match(await stays, { ok: true })
  t.match(await supervisor.getSpawnTree(100), { reservations: 1 })
})

everywhere(t, 'what waiting cannot lift is refused at once', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { depth: 1 }, 100)
  await register(supervisor, 'none', { rate: '0/1s' }, 200)
  refused(t, await supervisor.authorizeSpawn(100, 'a', { wait: {} }), 'depth_limit')
  refused(t, await supervisor.authorizeSpawn(200, 'a', { wait: {} }), 'rate_limit')
  refused(t, await supervisor.authorizeSpawn(999, 'a', { wait: {} }), 'no_tree')
})

everywhere(t, 'limits that are raised serve who waits', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 1, rate: '1/1h' }, 100)
  await grant(supervisor, 100)
  const waiting = supervisor.authorizeSpawn(100, 'a', { wait: {} })
  refused(t, await refusal(supervisor, 100), 'rate_limit')
  await supervisor.registerService('svc', { children: 9, rate: '9/1h' })
  t.match(await waiting, { ok: true })
})

everywhere(t, 'one more than may wait is told that it is busy', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 1, rate: 'none' }, 100)
  await grant(supervisor, 100)
  const stop = new AbortController()
  const crowd = Array.from({ length: 1024 }, () =>
    supervisor.authorizeSpawn(100, 'a', { wait: { signal: stop.signal } }).catch(() => null),
  )
  refused(t, await refusal(supervisor, 100), 'child_limit')
  refused(t, await supervisor.authorizeSpawn(100, 'b', { wait: {} }), 'busy', { limit: 1024, current: 1024 })
  stop.abort()
  await Promise.all(crowd)
})

everywhere(t, 'closing refuses everybody who waits', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 1, rate: 'none' }, 100)
  await grant(supervisor, 100)
  const waiting = [1, 2, 3].map(n => supervisor.authorizeSpawn(100, `w${n}`, { wait: {} }))
  refused(t, await refusal(supervisor, 100), 'child_limit')
  await supervisor.close()
  for (const answer of await Promise.all(waiting)) refused(t, answer, 'shutting_down')
})

everywhere(t, 'a wait that cannot be read is an error that names it', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  for (const wait of [7, { timeout: 3 }, { timeoutMs: -1 }, { timeoutMs: 'x' }, { signal: 3 }]) {
    const asked = () => supervisor.authorizeSpawn(100, 'a', { wait: wait as never })
    await fails(t, asked, 'invalid_input', /wait|timeoutMs|signal/)
  }
})
