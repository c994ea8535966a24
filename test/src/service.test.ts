import { basename } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { isName } from '../../protocol/ids.js'
import type { SpawnTree } from '../../protocol/trees.js'
import { createPortableLauncher } from '../../src/launcher/portable.js'
import { nameOf, serviceHandle } from '../../src/service.js'
import { createInlineSupervisor } from '../../src/testing.js'
import { type FakeCore, fakeCore } from '../support/fake-core.js'

t.test('the parent is the oldest living root of the service, and without one the virtual root', async t => {
  const supervisor = createInlineSupervisor()
  t.teardown(() => supervisor.close())
  await supervisor.registerService('other')
  await supervisor.registerServicePid('other', 69)
  await supervisor.registerService('svc')
  for (const pid of [70, 71]) await supervisor.registerServicePid('svc', pid)
  const parents: number[] = []
  const events = supervisor.events()
  for (const dies of [70, 71, null]) {
    const child = await supervisor.service('svc').spawn('true')
    await child.exited
    if (dies !== null) await supervisor.recordSpawnExit(dies, { exitCode: 0 })
  }
  await supervisor.close()
  for await (const event of events) if (event.kind === 'child_recorded') parents.push(event.child.parentPid)
  t.same(parents, [70, 71, process.pid])
})

t.test('the parent may be named, but not one of another service', async t => {
  const core = coreFor(t)
  core.answers.trees[80] = tree('svc')
  core.answers.trees[90] = tree('other')
  const child = await serviceHandle(core, 'svc').spawn('true', [], { parentPid: 80 })
  await child.exited
  t.equal(core.calls.find(call => call.operation === 'authorizeSpawn')?.args[0], 80)
  core.calls.length = 0
  const spawned = serviceHandle(core, 'svc').spawn('true', [], { parentPid: 90 })
  await t.rejects(spawned, { code: 'invalid_input', message: /'other', not 'svc'/ })
  t.same(core.operations(), ['getSpawnTree'], 'nothing was charged')
})

t.test('a service that is not registered is invalid input', async t => {
  const core = coreFor(t)
  core.answers.isRegistered = false
  await t.rejects(serviceHandle(core, 'svc').spawn('true'), { code: 'invalid_input', message: /registerService/ })
  t.notOk(
    core.operations().some(operation => operation.startsWith('authorize')),
    'nothing was charged',
  )
})

t.test('a child is named after its command', async t => {
  t.equal(nameOf('/usr/bin/node'), 'node')
  t.equal(nameOf('my agent (v2).sh'), 'my-agent-v2-.sh')
  t.equal(nameOf('/'), 'child')
  fc.assert(fc.property(fc.string({ minLength: 1, unit: 'binary' }), command => isName(nameOf(command))))
  fc.assert(fc.property(fc.stringMatching(/^[\w.-]{1,64}$/), name => nameOf(`/bin/${name}`) === basename(name)))
})

function coreFor(t: Test): FakeCore {
  const launcher = createPortableLauncher()
  t.teardown(() => launcher.endAll(null, 0))
  return fakeCore(launcher)
}

function tree(serviceName: string): SpawnTree {
  return {
    serviceName,
    maxDepth: 3,
    maxChildren: 100,
    maxDescendants: 500,
    memoryQuota: null,
    memoryUsed: 0,
    memorySource: 'rss',
    terminationPolicy: 'cascade',
    currentDepth: 0,
    totalDescendants: 0,
    liveDescendants: 0,
    reservations: 0,
    processes: 1,
  }
}
