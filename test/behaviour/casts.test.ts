import t from 'tap'
import { fails, grant, pids, register, spawnChain, spawnChild } from '../support/acts.js'
import { listen } from '../support/listen.js'
import { everywhere } from '../support/world.js'

everywhere(t, "casts come in order with the caller's other messages", async (t, { supervisor }) => {
  await register(supervisor, 'svc', { rate: 'none', depth: 9 }, 100)
  const { ticket } = await grant(supervisor, 100)
  supervisor.cast.recordSpawn(100, { name: 'a', pid: 101 }, { ticket })
  const whileAlive = supervisor.getChildren(100)
  supervisor.cast.updateChildMetrics(101, 5, 1000)
  const measured = supervisor.getSpawnTree(101)
  supervisor.cast.recordSpawnExit(101, { exitCode: 3 })
  const exited = supervisor.getChildren(100)
  supervisor.cast.removeChild(101)
  const removed = supervisor.getChildren(100)
  t.match(await whileAlive, [{ pid: 101, lastExit: null }])
  t.match(await measured, { memoryUsed: 1000, reservations: 0 })
  t.match(await exited, [{ pid: 101, lastExit: { exitCode: 3 } }])
  t.same(await removed, [])
})

everywhere(t, 'a subtree is removed and a ticket released without an answer', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChain(supervisor, 100, 101, 102)
  const { ticket } = await grant(supervisor, 100)
  t.equal(supervisor.cast.removeSubtree(101), undefined)
  t.equal(supervisor.cast.releaseTicket(ticket), undefined)
  t.match(await supervisor.getSpawnTree(100), { liveDescendants: 0, reservations: 0 })
})

everywhere(t, 'a long run of casts is applied in order, one by one', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { rate: 'none', children: 3000, descendants: 3000, keepExited: 0 }, 100)
  for (let pid = 1000; pid < 3000; pid++) {
    supervisor.cast.recordSpawn(100, { name: 'a', pid })
    if (pid % 2 === 0) supervisor.cast.recordSpawnExit(pid, { exitCode: 0 })
  }
  const odd = Array.from({ length: 1000 }, (_, at) => 1001 + 2 * at)
  t.same(pids(await supervisor.getChildren(100)), odd)
  t.match(await supervisor.getSpawnTree(100), { totalDescendants: 2000, liveDescendants: 1000 })
})

everywhere(t, 'a cast that fails is an event', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100, 200)
  await spawnChild(supervisor, 100, 101)
  const heard = listen(supervisor)
  const before = await supervisor.getSpawnTree(100)
  supervisor.cast.recordSpawn(200, { name: 'a', pid: 101 })
  t.match(await heard.first('cast_failed'), { operation: /record_?spawn/i, code: 'invalid_input', message: /101/ })
  supervisor.cast.recordSpawn(100, { name: 'a', pid: 102 }, { ticket: 987_654_321 })
  t.match(await heard.first('cast_failed', event => /ticket/i.test(event.message)), { code: 'invalid_input' })
  t.strictSame(await supervisor.getSpawnTree(100), before)
})

everywhere(t, 'so is one that could not even be read', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  const heard = listen(supervisor)
  const bad = 0
  t.doesNotThrow(() => supervisor.cast.removeChild(bad))
  t.match(await heard.first('cast_failed', event => /remove_?child/i.test(event.operation)), {
    code: 'invalid_input',
  })
  t.doesNotThrow(() => supervisor.cast.recordSpawn(100, { name: 'a b', pid: 101 }))
  t.match(await heard.first('cast_failed', event => /a b/.test(event.message)), { code: 'invalid_input' })
  await fails(t, () => supervisor.removeChild(bad), 'invalid_input')
})

everywhere(t, 'a cast about an unknown pid is nothing, as its answer would be', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  const heard = listen(supervisor)
  supervisor.cast.recordSpawnExit(4000, { exitCode: 0 })
  supervisor.cast.removeChild(4000)
  supervisor.cast.removeSubtree(4000)
  supervisor.cast.updateChildMetrics(4000, 1, 1)
  await heard.settle(100)
  t.same(heard.all('cast_failed'), [])
})
