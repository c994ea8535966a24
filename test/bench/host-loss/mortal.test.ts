/** A host dies in each of the ways that the bench measures, and is succeeded. A heap takes seconds to fill: see test/src/threads. */

import t from 'tap'
import { DEATHS, openMortal } from '../../../bench/host-loss/mortal.js'
import { EspalierError } from '../../../src/index.js'

for (const how of DEATHS.filter(each => each !== 'memory')) {
  t.test(`a death by ${how} is heard of once, and a successor answers`, async t => {
    let deaths = 0
    let hear: () => void = () => undefined
    const heard = new Promise<void>(resolve => {
      hear = resolve
    })
    const { supervisor, aim } = openMortal(() => {
      deaths++
      hear()
    })
    t.teardown(() => supervisor.close())
    await supervisor.registerService('svc')
    await supervisor.registerServicePid('svc', 1)
    const shoot = await aim(0, how)
    shoot()
    await heard
    t.equal(deaths, 1)
    const answer = await supervisor.authorizeSpawn(1, 'child').catch((error: unknown) => error)
    if (answer instanceof EspalierError) t.equal(answer.code, 'host_lost')
    t.match(await supervisor.authorizeSpawn(1, 'child'), { ok: true })
  })
}
