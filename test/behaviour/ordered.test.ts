/** An order of the library itself: a process ends with everything below it, whatever the policy. */

import t from 'tap'
import type { Core } from '../../src/core.js'
import { register, spawnChild } from '../support/acts.js'
import { everywhere, PLACES } from '../support/world.js'

everywhere(
  t,
  'an order names a process and all below it, whoever is recorded there meanwhile, and nobody beside it',
  async (t, { supervisor }) => {
    // The inside of the library may order; the public interface may not.
    const core = supervisor as unknown as Core
    await register(supervisor, 'svc', { depth: 9, terminationPolicy: 'reparent' }, 100)
    await spawnChild(supervisor, 100, 200)
    await spawnChild(supervisor, 200, 201)
    await spawnChild(supervisor, 100, 300)
    const events = supervisor.events()
    await core.order(200, 'stop')
    await core.order(200, 'stop')
    await spawnChild(supervisor, 201, 202)
    await core.order(999, 'stop')
    await supervisor.recordSpawnExit(201, { signal: 15, reason: 'stop' })
    t.match(await supervisor.getChildren(201), [{ pid: 202 }], 'nobody is moved by a death that was ordered')
    await supervisor.close()
    const due: unknown[] = []
    for await (const event of events) if (event.kind === 'termination_due') due.push([event.pids, event.reason])
    t.same(due, [
      [[201, 200], 'stop'],
      [[202], 'stop'],
    ])
  },
  PLACES,
)
