/** Both ways start the same processes, and leave none. */

import t from 'tap'
import { launchers } from '../../../bench/fork-storm/launchers.js'
import { survivorsOf } from '../../../bench/fork-storm/survivors.js'
import { BARE, openWay } from '../../../bench/fork-storm/ways.js'
import { createSupervisor } from '../../../src/index.js'

for (const name of [...launchers(), ...Object.keys(BARE)]) {
  t.test(`${name}: what was started runs, and is gone when its service has ended`, async t => {
    const supervisor = createSupervisor({ hosts: 1 })
    t.teardown(() => supervisor.close())
    await supervisor.registerService('svc', { children: 3, rate: 'none' })
    const way = openWay(name, supervisor)
    const started = await Promise.all([1, 2, 3].map(() => way.start('svc', 'sleep', ['60'])))
    const pids = started.map(one => one?.pid ?? 0)
    t.same(survivorsOf(pids), pids)
    if (way.isLimited) t.equal(await way.start('svc', 'sleep', ['60']), null, 'the fourth is refused')
    await way.end('svc')
    await Promise.all(started.map(one => one?.exited))
    t.same(survivorsOf(pids), [])
  })
}
