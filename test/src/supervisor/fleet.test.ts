/** When a host dies again and again: its services are given up, the others go on. */

import t from 'tap'
import { RESTARTS_MAX } from '../../../src/supervisor/fleet.js'
import { fails, grant, register } from '../../support/acts.js'
import { openMortal, persistently } from '../../support/hosts.js'
import { listen } from '../../support/listen.js'

t.test('a host that keeps dying is given up, and the other is not', async t => {
  const { supervisor, aim, replace } = openMortal(t)
  await register(supervisor, 'a', {}, 100)
  await register(supervisor, 'b', {}, 200)
  for (let death = 0; death < RESTARTS_MAX; death++) {
    await replace(0, 'terminate')
    t.ok(await persistently(() => supervisor.getSpawnTree(100)), `alive after death ${death + 1}`)
  }
  const shoot = await aim(0)
  const heard = listen(supervisor)
  shoot()
  const call = supervisor.getSpawnTree(100)
  await t.rejects(call, { code: /host_lost|unavailable/ })
  await fails(t, () => supervisor.getSpawnTree(100), 'unavailable', /host 0 died 6 times within 60 s.*create another/)
  await fails(t, () => supervisor.authorizeSpawn(100, 'x'), 'unavailable')
  await fails(t, () => supervisor.recordSpawn(100, { name: 'x', pid: 101 }), 'unavailable')
  supervisor.cast.removeChild(100)
  t.match(await heard.first('cast_failed'), { operation: 'removeChild', code: 'unavailable' })
  await grant(supervisor, 200)
  t.match(await supervisor.getSpawnTree(200), { serviceName: 'b', reservations: 1 })
  await supervisor.close()
})

t.test('closing while a host is dying resolves', async t => {
  const { supervisor, aim } = openMortal(t)
  await register(supervisor, 'a', {}, 100)
  const shoot = await aim(0)
  shoot()
  await supervisor.close()
  await fails(t, () => supervisor.getSpawnTree(100), 'closed')
})
