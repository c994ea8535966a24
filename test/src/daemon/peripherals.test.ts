import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { Core } from '../../../src/core.js'
import { createProcessBook } from '../../../src/daemon/book.js'
import { createPeripherals } from '../../../src/daemon/peripherals.js'
import type { FoundFork } from '../../../src/meter/sampler.js'
import { readIdentity } from '../../../src/os/process.js'

t.test('what a service had is forgotten when it has ended, whatever a late round of the meter says', async t => {
  const keepers = [{ service: 'web', pid: 1 }]
  const { peripherals, exits } = peripheralsOf(keepers)
  const [gone, left] = [start(t), start(t)]
  const found = [gone, left].map(({ pid }) => fork(pid))
  peripherals.see(found)
  peripherals.see(found)
  t.equal(peripherals.living('web').length, 2)
  gone.kill('SIGKILL')
  await once(gone, 'exit')
  await peripherals.lookAgain('web')
  t.same(
    peripherals.living('web').map(({ pid }) => pid),
    [left.pid],
    'one that lives is still shown',
  )
  t.same(exits, [gone.pid])
  left.kill('SIGKILL')
  await once(left, 'exit')
  keepers.pop()
  await peripherals.lookAgain('web')
  peripherals.see(found)
  peripherals.see(found)
  t.same(peripherals.living('web'), [])
})

t.test('a child of the keeper that is seen before its spawn was heard of is no fork', async t => {
  const { peripherals, exits, living } = peripheralsOf([{ service: 'web', pid: 1 }])
  const spawned = start(t)
  const found = [fork(spawned.pid)]
  peripherals.see(found)
  t.same(peripherals.living('web'), [], 'it may be heard of yet')
  living.push(spawned.pid ?? 0)
  peripherals.see(found)
  t.same(peripherals.living('web'), [])
  living.pop()
  peripherals.see(found)
  t.equal(peripherals.living('web').length, 1)
  living.push(spawned.pid ?? 0)
  peripherals.see([])
  t.same(peripherals.living('web'), [])
  t.same(exits, [], 'one that was launched after all has not ended when nobody calls it a fork any more')
})

function peripheralsOf(keepers: readonly { readonly service: string; readonly pid: number }[]) {
  const exits: number[] = []
  const living: number[] = []
  const core = {
    launcher: { keepers: () => keepers, living: () => living },
    recordSpawn: async () => null,
    recordSpawnExit: async (pid: number) => {
      exits.push(pid)
      return null
    },
  } as unknown as Core
  return { peripherals: createPeripherals(core, createProcessBook()), exits, living }
}

function start(t: Test) {
  const child = spawn('sleep', ['100'], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** As the meter finds an orphan of the service `web`. */
function fork(pid = 0): FoundFork {
  const startTicks = readIdentity(pid)?.startTicks ?? 0
  const use = { cpuPercent: null, rssBytes: 0 }
  return { pid, startTicks, service: 'web', ancestorPid: null, name: 'sleep', command: 'sleep 100', ageMs: 0, ...use }
}
