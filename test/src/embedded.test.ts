import { constants } from 'node:os'
import t, { type Test } from 'tap'
import { SpawnDenied } from '../../protocol/failures.js'
import type { Supervisor } from '../../src/index.js'
import { createInlineSupervisor } from '../../src/supervisor.js'
import { isRunning, until } from '../launcher/processes.js'

const STUBBORN = "trap '' TERM; echo up; while :; do sleep 0.05; done"

t.test('a time-out ends the child with all below it, and its exit says so', async t => {
  const agents = await service(t, { graceMs: 5000 })
  const child = await agents.spawn('sh', ['-c', 'sleep 100 & echo $!; wait'], { timeoutMs: 200 })
  const { value: below } = await child.lines().next()
  t.match(await child.exited, { reason: 'stop', timedOut: true, signal: constants.signals.SIGTERM })
  await until('what it had forked is gone', () => !isRunning(Number(below)))
})

t.test('KILL follows TERM after forceKillAfterMs, by a time-out, a signal, and kill()', async t => {
  const agents = await service(t, { graceMs: 60_000 })
  const abort = new AbortController()
  for (const [how, options] of [
    ['timeout', { timeoutMs: 100 }],
    ['signal', { signal: abort.signal }],
    ['kill', {}],
  ] as const) {
    const child = await agents.spawn('sh', ['-c', STUBBORN], { ...options, forceKillAfterMs: 50 })
    await child.lines().next()
    if (how === 'signal') abort.abort()
    if (how === 'kill') t.ok(child.kill())
    t.match(await child.exited, { signal: constants.signals.SIGKILL, timedOut: how === 'timeout' }, how)
  }
})

t.test('a child that ends in time has not timed out, and leaves no timer', async t => {
  const agents = await service(t)
  const child = await agents.spawn('true', [], { timeoutMs: 2 ** 31 - 1 })
  t.match(await child.exited, { reason: 'self', timedOut: false })
  t.notOk(process.getActiveResourcesInfo().includes('Timeout'))
})

t.test('a spawn that waits is launched when a slot is free, first come first served', async t => {
  const agents = await service(t, { descendants: 1, rate: 'none' })
  const first = await agents.spawn('sleep', ['100'])
  const order: string[] = []
  const wait = {}
  const spawned = ['a', 'b'].map(async name => {
    const child = await agents.spawn('true', [], { name, wait })
    order.push(name)
    await child.exited
  })
  await t.rejects(agents.spawn('true'), { code: 'descendant_limit' })
  first.kill()
  await Promise.all(spawned)
  t.same(order, ['a', 'b'])
})

t.test('a wait ends with its time, its signal, or the signal of the spawn, and nothing is launched', async t => {
  const agents = await service(t, { descendants: 0 })
  t.ok((await failure(agents.spawn('true', [], { wait: { timeoutMs: 1 } }))) instanceof SpawnDenied)
  const gone = new AbortController()
  const waiting = agents.spawn('true', [], { wait: { signal: gone.signal } })
  const both = agents.spawn('true', [], { signal: gone.signal, wait: {} })
  gone.abort(new Error('the client left'))
  await t.rejects(waiting, { code: 'aborted', cause: { message: 'the client left' } })
  await t.rejects(both, { code: 'launch_failed', message: /its signal was aborted/ })
})

t.test('the end of its service refuses who waits in it, however long the window', async t => {
  const supervisor = open(t)
  await supervisor.registerService('svc', { rate: { limit: 1, windowMs: 3_600_000 } })
  await (await supervisor.service('svc').spawn('true')).exited
  const waiting = failure(supervisor.service('svc').spawn('true', [], { wait: {} }))
  await supervisor.unregisterService('svc')
  t.match(await waiting, { code: 'shutting_down' })
})

t.test('options out of range are named, and nothing is charged', async t => {
  const agents = await service(t, { lifetime: 1 })
  for (const [options, message] of [
    [{ timeoutMs: 0 }, /timeoutMs is 0; it takes ms from 1 to 2147483647/],
    [{ timeoutMs: 2 ** 31 }, /2147483647/],
    [{ forceKillAfterMs: -1 }, /forceKillAfterMs is -1; it takes ms from 0 to 86400000/],
    [{ forceKillAfterMs: Number.NaN }, /forceKillAfterMs/],
    [{ wait: 5 as unknown as object }, /option wait is 5/],
    [{ signal: 'x' as unknown as AbortSignal }, /AbortSignal/],
  ] as const) {
    await t.rejects(agents.spawn('true', [], options), { code: 'invalid_input', message })
  }
  await (await agents.spawn('true')).exited
})

function open(t: Test): Supervisor {
  const supervisor = createInlineSupervisor()
  t.teardown(() => supervisor.close())
  return supervisor
}

async function service(t: Test, limits: Parameters<Supervisor['registerService']>[1] = {}) {
  const supervisor = open(t)
  await supervisor.registerService('agents', limits)
  return supervisor.service('agents')
}

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  )
}
