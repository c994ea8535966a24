import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createSupervisor, EspalierError, SpawnDenied, type Supervisor } from '../../src/index.js'
import { fails, pids } from '../support/acts.js'
import { listen } from '../support/listen.js'
import { eventually, hears, isRunning, startSleep, textOf } from '../support/processes.js'

/** A shell that says `ready` and then waits for its end. */
const WAITS = ['-c', 'echo ready; exec sleep 60']

/** One that says `ready` and does not heed TERM. */
const STUBBORN = ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done']

/** A supervisor on the system clock, closed when the test ends. */
function open(t: Test): Supervisor {
  const supervisor = createSupervisor({ hosts: 1 })
  t.teardown(() => supervisor.close())
  return supervisor
}

t.test('one step authorizes, launches, records and watches', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc')
  const heard = listen(supervisor)
  const child = await supervisor.service('svc').spawn('sh', ['-c', 'echo out; echo err >&2; exit 3'], { name: 'one' })
  const [out, err, exit] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited])
  t.equal(out, 'out\n')
  t.equal(err, 'err\n')
  t.match(exit, { exitCode: 3, signal: null, reason: 'self' })
  t.match(child, { name: 'one', depth: 1 })
  t.match(await heard.first('child_recorded'), {
    late: false,
    child: { name: 'one', pid: child.pid, depth: 1, parentPid: process.pid, kind: 'spawned' },
  })
  t.match(await heard.first('child_exited'), { child: { pid: child.pid, lastExit: { exitCode: 3, reason: 'self' } } })
  t.equal(child.kill(), false, 'what has ended cannot be signalled')
})

t.test('a name is made from the command when none is given', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc')
  const child = await supervisor.service('svc').spawn('/bin/true')
  t.equal(child.name, 'true')
  t.match(await child.exited, { exitCode: 0, reason: 'self' })
})

t.test('kill sends TERM unless told otherwise', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc')
  for (const [signal, number] of [
    [undefined, 15],
    ['SIGKILL', 9],
    [2, 2],
  ] as const) {
    const child = await supervisor.service('svc').spawn('sh', WAITS)
    await hears(child.stdout, 'ready')
    t.equal(signal === undefined ? child.kill() : child.kill(signal), true)
    t.match(await child.exited, { exitCode: null, signal: number, reason: 'signal' })
    t.equal(isRunning(child.pid), false)
  }
})

t.test('its parent is the oldest living root, or the one that is named', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc')
  const root = startSleep(t)
  await supervisor.registerServicePid('svc', root.pid)
  const child = await supervisor.service('svc').spawn('sleep', ['60'])
  const grandchild = await supervisor.service('svc').spawn('sleep', ['60'], { parentPid: child.pid })
  t.same(pids(await supervisor.getChildren(root.pid)), [child.pid])
  t.same(pids(await supervisor.getChildren(child.pid)), [grandchild.pid])
  t.equal(grandchild.depth, 2)
  const kept = await supervisor.getChildren(root.pid)
  t.equal(kept[0].startTicks, child.startTicks)
  t.type(child.startTicks, 'number')
})

t.test('a refused spawn throws SpawnDenied and launches nothing', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc', { children: 1 })
  const { pid } = await supervisor.service('svc').spawn('sleep', ['60'])
  try {
    await supervisor.service('svc').spawn('sh', ['-c', 'exit 0'])
    t.fail('was not refused')
  } catch (error) {
    if (!(error instanceof SpawnDenied)) throw error
    t.ok(error instanceof EspalierError)
    t.match(error, { ok: false, code: 'child_limit', limit: 1, current: 1, decisionId: /./ })
    t.equal(error.message, 'Spawn limit exceeded: Maximum direct children reached')
  }
  t.match(await supervisor.getSpawnTree(pid), { totalDescendants: 1, reservations: 0 })
})

t.test('a command that does not exist is launch_failed and gives its slots back', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc', { children: 1 })
  const svc = supervisor.service('svc')
  await fails(t, () => svc.spawn('/nowhere/to-be-found'), 'launch_failed', /to-be-found/)
  await fails(t, () => svc.spawn('true', [], { cwd: '/nowhere' }), 'launch_failed', /nowhere/)
  const child = await svc.spawn('true')
  t.match(await child.exited, { exitCode: 0 })
})

t.test('bad input launches nothing', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc')
  const svc = supervisor.service('svc')
  await fails(t, () => svc.spawn(''), 'invalid_input', /command/)
  await fails(t, () => svc.spawn('true', [], { name: 'a b' }), 'invalid_input', /a b/)
  await fails(t, () => svc.spawn('true', [], { ttlMs: -1 }), 'invalid_input', /ttl/i)
  await fails(t, () => svc.spawn('tr\0ue'), 'invalid_input')
  await fails(t, () => supervisor.service('nobody').spawn('true'), 'invalid_input', /nobody/)
  t.equal(await supervisor.activeChildCount(), 0)
})

t.test('the environment is built, not inherited', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc')
  process.env.ESPALIER_TEST_SECRET = 'secret'
  t.teardown(() => {
    delete process.env.ESPALIER_TEST_SECRET
  })
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'espalier-')))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const child = await supervisor.service('svc').spawn('sh', ['-c', 'env; pwd'], { env: { GIVEN: 'yes' }, cwd: folder })
  const text = await textOf(child.stdout)
  t.match(text, /^GIVEN=yes$/m)
  t.match(text, /^PATH=./m)
  t.notMatch(text, /secret/)
  t.ok(text.includes(`\n${folder}\n`))
})

t.test('a child past its time to live is ended', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc')
  const child = await supervisor.service('svc').spawn('sleep', ['60'], { ttlMs: 100 })
  t.match(await child.exited, { signal: 15, reason: 'ttl' })
  t.equal(isRunning(child.pid), false)
})

t.test('one that ignores TERM is killed after the grace', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc', { graceMs: 150 })
  const child = await supervisor.service('svc').spawn('sh', STUBBORN)
  await hears(child.stdout, 'ready')
  await supervisor.unregisterService('svc')
  t.match(await child.exited, { signal: 9, reason: 'stop' })
  t.equal(isRunning(child.pid), false)
})

t.test('aborting its signal is an order to end', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc')
  const stop = new AbortController()
  const child = await supervisor.service('svc').spawn('sleep', ['60'], { signal: stop.signal })
  stop.abort()
  t.match(await child.exited, { signal: 15, reason: 'stop' })
})

t.test('a signal aborted before launches nothing', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc')
  try {
    const child = await supervisor.service('svc').spawn('sleep', ['60'], { signal: AbortSignal.abort() })
    t.match(await child.exited, { signal: 15 }, 'or ends at once')
  } catch (error) {
    t.ok(error instanceof Error)
  }
  t.equal(await supervisor.activeChildCount('svc'), 0)
})

t.test('a cascade reaches real processes at every level', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc', { depth: 9 })
  const svc = supervisor.service('svc')
  const top = await svc.spawn('sleep', ['60'])
  const middle = await svc.spawn('sleep', ['60'], { parentPid: top.pid })
  const bottom = await svc.spawn('sleep', ['60'], { parentPid: middle.pid })
  const beside = await svc.spawn('sleep', ['60'])
  top.kill('SIGKILL')
  t.match(await top.exited, { signal: 9, reason: 'signal' })
  for (const child of [middle, bottom]) {
    t.match(await child.exited, { signal: 15, reason: 'cascade' })
    t.equal(isRunning(child.pid), false)
  }
  t.equal(isRunning(beside.pid), true, 'that subtree alone')
})

t.test('orphans run on', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc', { terminationPolicy: 'orphan' })
  const heard = listen(supervisor)
  const top = await supervisor.service('svc').spawn('sleep', ['60'])
  const below = await supervisor.service('svc').spawn('sleep', ['60'], { parentPid: top.pid })
  top.kill('SIGKILL')
  await heard.first('child_exited')
  t.equal(isRunning(below.pid), true)
  t.equal(await supervisor.activeChildCount('svc'), 1)
  await supervisor.unregisterService('svc')
  t.equal(isRunning(below.pid), false)
})

t.test('close ends what was launched and nothing that was merely recorded', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc')
  const root = startSleep(t)
  const recorded = startSleep(t)
  await supervisor.registerServicePid('svc', root.pid)
  await supervisor.recordSpawn(root.pid, { name: 'mine', pid: recorded.pid })
  const child = await supervisor.service('svc').spawn('sleep', ['60'])
  await supervisor.close()
  t.equal(isRunning(child.pid), false)
  t.match(await child.exited, { signal: 15, reason: 'stop' })
  t.equal(isRunning(root.pid), true)
  t.equal(isRunning(recorded.pid), true)
})

t.test('spawns at once pass no limit, and all are gone after close', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc', { children: 5 })
  const spawned = await Promise.allSettled(
    Array.from({ length: 20 }, () => supervisor.service('svc').spawn('sleep', ['60'])),
  )
  const running = spawned.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  t.equal(running.length, 5)
  await supervisor.close()
  await eventually('all are gone', () => running.every(child => !isRunning(child.pid)))
})
