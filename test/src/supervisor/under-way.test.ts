import t from 'tap'
import type { Launcher } from '../../../src/launch.js'
import { createPortableLauncher } from '../../../src/launcher/portable.js'
import type { EspalierSupervisor } from '../../../src/supervisor/supervisor.js'
import { createInlineSupervisor } from '../../../src/supervisor.js'

const ORDERS: Readonly<Record<string, (supervisor: EspalierSupervisor) => Promise<void>>> = {
  close: supervisor => supervisor.close(),
  unregisterService: supervisor => supervisor.unregisterService('svc'),
}

for (const [name, order] of Object.entries(ORDERS)) {
  t.test(`${name} ends a process that was granted before and is launched after`, async t => {
    const { launcher, asked, letGo } = held(createPortableLauncher())
    const supervisor = createInlineSupervisor({ launcher })
    t.teardown(() => supervisor.close())
    await supervisor.registerService('svc', { graceMs: 1000 })
    const spawned = supervisor.service('svc').spawn('sleep', ['100'])
    await asked
    const done = order(supervisor)
    letGo()
    const child = await spawned
    await done
    t.same(launcher.living(), [], 'nothing runs when the order is said to be done')
    t.match(await child.exited, { reason: 'stop' })
  })
}

/** A launcher that waits to be let go before it launches. */
function held(inner: Launcher): { launcher: Launcher; asked: Promise<void>; letGo: () => void } {
  let letGo: () => void = () => undefined
  let ask: () => void = () => undefined
  const gone = new Promise<void>(settle => {
    letGo = settle
  })
  const asked = new Promise<void>(settle => {
    ask = settle
  })
  const launch: Launcher['launch'] = async request => {
    ask()
    await gone
    return inner.launch(request)
  }
  return { launcher: { ...inner, launch }, asked, letGo }
}
