import t from 'tap'
import type { Supervisor, SupervisorOptions } from '../../src/index.js'
import { createSupervisor, type EspalierError } from '../../src/index.js'
import { fails, grant, refused, register, spawnChild } from '../support/acts.js'
import { everywhere } from '../support/world.js'

/** Every operation, by name. */
const OPERATIONS: Readonly<Record<string, (supervisor: Supervisor) => Promise<unknown>>> = {
  registerService: supervisor => supervisor.registerService('svc', {}),
  unregisterService: supervisor => supervisor.unregisterService('svc'),
  registerServicePid: supervisor => supervisor.registerServicePid('svc', 100),
  unregisterServicePid: supervisor => supervisor.unregisterServicePid(100),
  authorizeSpawn: supervisor => supervisor.authorizeSpawn(100, 'a'),
  releaseTicket: supervisor => supervisor.releaseTicket(1),
  recordSpawn: supervisor => supervisor.recordSpawn(100, { name: 'a', pid: 101 }),
  recordSpawnExit: supervisor => supervisor.recordSpawnExit(101, { exitCode: 0 }),
  updateChildMetrics: supervisor => supervisor.updateChildMetrics(101, 1, 1),
  getChildren: supervisor => supervisor.getChildren(100),
  getSpawnTree: supervisor => supervisor.getSpawnTree(100),
  terminationPolicyFor: supervisor => supervisor.terminationPolicyFor(100),
  canSpawn: supervisor => supervisor.canSpawn('svc', 1),
  removeSubtree: supervisor => supervisor.removeSubtree(101),
  removeChild: supervisor => supervisor.removeChild(101),
  activeChildCount: supervisor => supervisor.activeChildCount(),
  services: supervisor => supervisor.services(),
  spawn: supervisor => supervisor.service('svc').spawn('true'),
  'spawn in a service that never was': supervisor => supervisor.service('none').spawn('true'),
}

everywhere(t, 'while it closes authorize is refused, records and exits get through', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChild(supervisor, 100, 101)
  const { ticket } = await grant(supervisor, 100)
  const released = await grant(supervisor, 100)
  const closing = supervisor.close()
  const answers = Promise.all([
    supervisor.authorizeSpawn(100, 'a'),
    supervisor.recordSpawn(100, { name: 'a', pid: 102 }, { ticket }),
    supervisor.recordSpawnExit(101, { exitCode: 5 }),
    supervisor.releaseTicket(released.ticket),
  ])
  const [authorized, recorded, exited, freed] = await answers
  refused(t, authorized, 'shutting_down', { limit: null, current: null })
  t.equal(recorded, 'svc')
  t.match(exited, { pid: 101, lastExit: { exitCode: 5 } })
  t.equal(freed, true)
  await closing
})

everywhere(
  t,
  'afterwards every operation rejects with closed, and a second close resolves',
  async (t, { supervisor }) => {
    await register(supervisor, 'svc', {}, 100)
    await supervisor.close()
    for (const operation of Object.values(OPERATIONS)) await fails(t, () => operation(supervisor), 'closed')
    t.doesNotThrow(() => supervisor.cast.removeChild(101))
    t.equal(await supervisor.close(), undefined)
    t.equal(await supervisor[Symbol.asyncDispose](), undefined)
  },
)

everywhere(t, 'every call made while it closes is answered, or fails with closed', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  let isClosed = false
  const closing = supervisor.close().then(() => {
    isClosed = true
  })
  const outcomes: Promise<string>[] = []
  while (!isClosed && outcomes.length < 5000) {
    const call = supervisor.getChildren(100)
    outcomes.push(
      call.then(
        () => 'answered',
        (error: EspalierError) => error.code,
      ),
    )
    await (outcomes.length % 50 === 0 ? new Promise(resolve => setImmediate(resolve)) : null)
  }
  await closing
  const known = new Set(await Promise.all(outcomes))
  t.strictSame([...known].filter(outcome => outcome !== 'closed').sort(), ['answered'])
})

everywhere(t, 'several calls of close resolve together', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await Promise.all([supervisor.close(), supervisor.close(), supervisor[Symbol.asyncDispose]()])
  await fails(t, () => supervisor.services(), 'closed')
})

everywhere(t, 'a stream of events ends with close', async (t, { supervisor }) => {
  const step = supervisor.events().next()
  await supervisor.close()
  t.match(await step, { done: true })
})

t.test('aborting the signal closes', async t => {
  const stop = new AbortController()
  const supervisor = createSupervisor({ hosts: 1, signal: stop.signal })
  const events = supervisor.events()
  await register(supervisor, 'svc', { children: 1 }, 100)
  stop.abort()
  for await (const _ of events);
  await supervisor.close()
  await fails(t, () => supervisor.services(), 'closed')
})

t.test('a clock or a signal that is none is an error', async t => {
  for (const options of [
    { clock: {} },
    { clock: 5 },
    { signal: {} },
    { signal: 'x' },
  ] as unknown as SupervisorOptions[])
    await fails(t, async () => createSupervisor(options).close(), 'invalid_input', /clock|signal/)
})

t.test('options out of range are an error', async t => {
  for (const options of [{ hosts: 0 }, { hosts: 17 }, { hosts: 1.5 }, { maxInFlight: 0 }, { maxInFlight: 2 ** 20 + 1 }])
    await fails(t, async () => createSupervisor(options).close(), 'invalid_input', new RegExp(Object.keys(options)[0]))
})
