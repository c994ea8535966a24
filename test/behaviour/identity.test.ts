/** Asking by identity, as the daemon does: a process that has the pid of the asker by now is another one. */

import t from 'tap'
import type { Core } from '../../src/core.js'
import { pids, refused } from '../support/acts.js'
import { everywhere } from '../support/world.js'

everywhere(t, 'who asks for a process that has its pid no more is unknown', async (t, { supervisor }) => {
  const core = supervisor as Core
  await supervisor.registerService('svc')
  await supervisor.registerServicePid('svc', 100, { startTicks: 5 })
  for (const parentStartTicks of [4, 6])
    refused(t, await core.authorizeSpawn(100, 'a', { parentStartTicks }), 'no_tree')
  t.match(await supervisor.getSpawnTree(100), { reservations: 0 }, 'nothing is charged to the other')
  for (const parentStartTicks of [5, null])
    t.match(await core.authorizeSpawn(100, 'kid', { parentStartTicks }), { ok: true, depth: 1 })
})

everywhere(t, 'the name of who asks by identity is told as any other', async (t, { supervisor }) => {
  const core = supervisor as Core
  const events = supervisor.events()
  await supervisor.registerService('svc')
  await supervisor.registerServicePid('svc', 100, { startTicks: 5 })
  const names = ['a', 'four', 'fives', 'a-longer-name']
  for (const name of names) await core.authorizeSpawn(100, name, { parentStartTicks: 5 })
  const heard: string[] = []
  for await (const event of events) {
    if (event.kind === 'spawn_granted') heard.push(event.childName)
    if (heard.length === names.length) break
  }
  t.same(heard, names)
})

everywhere(t, 'no child is hung below a process that only has the pid of its parent', async (t, { supervisor }) => {
  const core = supervisor as Core
  await supervisor.registerService('svc')
  await supervisor.registerServicePid('svc', 100, { startTicks: 5 })
  t.equal(await core.recordSpawn(100, { name: 'a', pid: 101 }, { parentStartTicks: 4 }), null)
  t.same(await supervisor.getChildren(100), [])
  t.equal(await core.recordSpawn(100, { name: 'a', pid: 101 }, { parentStartTicks: 5 }), 'svc')
  t.same(pids(await supervisor.getChildren(100)), [101])
})

everywhere(t, 'a child may have the pid of its parent, which has ended', async (t, { supervisor }) => {
  const core = supervisor as Core
  await supervisor.registerService('svc', { terminationPolicy: 'orphan' })
  await supervisor.registerServicePid('svc', 100, { startTicks: 5 })
  const answer = await core.authorizeSpawn(100, 'a', { parentStartTicks: 5 })
  const ticket = answer.ok ? answer.ticket : null
  const child = { name: 'a', pid: 100, startTicks: 6 }
  await t.rejects(core.recordSpawn(100, child, { ticket }), { code: 'invalid_input', message: /its own parent/ })
  t.equal(await core.recordSpawn(100, child, { ticket, parentStartTicks: 5 }), 'svc')
  t.match(await supervisor.services(), [{ roots: [], liveDescendants: 1, reservations: 0 }])
  refused(t, await core.authorizeSpawn(100, 'b', { parentStartTicks: 5 }), 'no_tree')
  t.match(await core.authorizeSpawn(100, 'b', { parentStartTicks: 6 }), { ok: true, depth: 2 })
})
