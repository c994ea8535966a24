import t, { type Test } from 'tap'
import { createSupervisor, type Supervisor } from '../../src/index.js'
import { manualClock } from '../../src/testing.js'
import { grant, register } from '../support/acts.js'

const IN_FLIGHT = 8
const CALLERS = 50

async function open(t: Test): Promise<Supervisor> {
  const supervisor = createSupervisor({ hosts: 1, maxInFlight: IN_FLIGHT, clock: manualClock() })
  t.teardown(() => supervisor.close())
  await register(supervisor, 'svc', { rate: 'none' }, 100)
  return supervisor
}

t.test('past the bound authorize is answered busy at once, and charges nothing', async t => {
  const supervisor = await open(t)
  const answers = await Promise.all(Array.from({ length: CALLERS }, () => supervisor.authorizeSpawn(100, 'a')))
  const granted = answers.filter(answer => answer.ok)
  const busy = answers.filter(answer => !answer.ok)
  t.equal(granted.length, IN_FLIGHT)
  t.equal(busy.length, CALLERS - IN_FLIGHT)
  for (const answer of busy) {
    t.match(answer, { ok: false, code: 'busy', decisionId: /./, message: /./ })
    t.type(answer.retryAfterMs, 'number')
  }
  t.equal(new Set(busy.map(answer => answer.decisionId)).size, busy.length)
  t.match(await supervisor.getSpawnTree(100), { reservations: IN_FLIGHT })
  await grant(supervisor, 100)
})

t.test('the rest waits its turn, in order', async t => {
  const supervisor = await open(t)
  const records = Array.from({ length: CALLERS }, (_, at) => supervisor.recordSpawn(100, { name: 'a', pid: 1000 + at }))
  const refused = await supervisor.authorizeSpawn(100, 'a')
  t.match(refused, { ok: false, code: 'busy' })
  t.same(await Promise.all(records), Array(CALLERS).fill('svc'))
  const children = await supervisor.getChildren(100)
  t.same(
    children.map(child => child.pid),
    Array.from({ length: CALLERS }, (_, at) => 1000 + at),
  )
})
