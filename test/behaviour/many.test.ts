/** Many decisions for one promise. */

import t from 'tap'
import { grant, register } from '../support/acts.js'
import { everywhere, PLACES } from '../support/world.js'

const EASY = { rate: 'none', children: 4_000_000, descendants: 4_000_000 } as const

everywhere(
  t,
  'authorizeMany answers in the order of its requests, each as if asked one after another',
  async (t, { supervisor }) => {
    await register(supervisor, 'one', { ...EASY, children: 2 }, 100)
    await register(supervisor, 'two', { ...EASY, ttlMaxMs: 50 }, 200)
    const answers = await supervisor.authorizeMany([
      { parentPid: 100, childName: 'a' },
      { parentPid: 200, childName: 'b', ttlMs: 51 },
      { parentPid: 999, childName: 'c' },
      { parentPid: 100, childName: 'd' },
      { parentPid: 200, childName: 'e', ttlMs: 50 },
      { parentPid: 100, childName: 'f' },
    ])
    const said = answers.map(answer => (answer.ok ? answer.rootService : answer.code))
    t.same(said, ['one', 'ttl_limit', 'no_tree', 'one', 'two', 'child_limit'])
    t.match(answers[5], { limit: 2, current: 2 })
    t.match(await supervisor.getSpawnTree(100), { reservations: 2 })
  },
  PLACES,
)

everywhere(
  t,
  'authorizeMany grants what its tickets can record, and holds no limit twice',
  async (t, { supervisor }) => {
    await register(supervisor, 'svc', { ...EASY, descendants: 2500 }, 100)
    // More than one message holds, and more than there is room for at the first.
    const requests = Array.from({ length: 3000 }, (_, at) => ({ parentPid: 100, childName: `c${at}` }))
    const answers = await supervisor.authorizeMany(requests)
    const granted = answers.flatMap(answer => (answer.ok ? [answer.ticket] : []))
    t.equal(granted.length, 2500)
    t.equal(new Set(granted).size, 2500)
    t.same([...new Set(answers.slice(2500).map(answer => (answer.ok ? 'granted' : answer.code)))], ['descendant_limit'])
    for (const [at, ticket] of granted.entries()) {
      supervisor.cast.recordSpawn(100, { name: 'c', pid: 1000 + at }, { ticket })
    }
    t.equal(await supervisor.activeChildCount('svc'), 2500)
    t.match(await supervisor.getSpawnTree(100), { reservations: 0, liveDescendants: 2500 })
  },
  PLACES,
)

everywhere(t, 'a wrong request rejects them all, and nothing was decided', async (t, { supervisor }) => {
  await register(supervisor, 'svc', EASY, 100)
  const good = { parentPid: 100, childName: 'a' }
  const wrong = [
    [good, { parentPid: 0, childName: 'a' }],
    [good, { parentPid: 100, childName: 'a b' }],
    [good, { parentPid: 100, childName: 'a', ttlMs: -1 }],
    [good, null],
    'requests',
  ]
  for (const requests of wrong) {
    await t.rejects(supervisor.authorizeMany(requests as never), { code: 'invalid_input' })
  }
  t.match(await supervisor.getSpawnTree(100), { reservations: 0 })
  t.same(await supervisor.authorizeMany([]), [])
})

everywhere(t, 'authorizeMany tells each decision to who listens', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { ...EASY, children: 1 }, 100)
  const events = supervisor.events()
  await supervisor.authorizeMany(['a', 'b'].map(childName => ({ parentPid: 100, childName })))
  const [first, second] = [(await events.next()).value, (await events.next()).value]
  t.match(first, { kind: 'spawn_granted', childName: 'a' })
  t.match(second, { kind: 'spawn_refused', childName: 'b' })
})

everywhere(t, 'after close authorizeMany is refused or closed as authorizeSpawn is', async (t, { supervisor }) => {
  await register(supervisor, 'svc', EASY, 100)
  await grant(supervisor, 100)
  const closing = supervisor.close()
  t.match(await supervisor.authorizeMany([{ parentPid: 100, childName: 'a' }]), [{ code: 'shutting_down' }])
  await closing
  await t.rejects(supervisor.authorizeMany([{ parentPid: 100, childName: 'a' }]), { code: 'closed' })
})
