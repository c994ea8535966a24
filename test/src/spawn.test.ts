import { constants } from 'node:os'
import t, { type Test } from 'tap'
import { SpawnDenied } from '../../protocol/failures.js'
import { createPortableLauncher } from '../../src/launcher/portable.js'
import { type SpawnRequest, spawnChild } from '../../src/spawn.js'
import { firstLine, isRunning, readAll, TEST_ENV } from '../launcher/processes.js'
import { childOf, type FakeCore, failure, fakeCore, GRANT } from '../support/fake-core.js'

t.test('a spawn is authorized, launched, recorded and watched to its recorded end', async t => {
  const core = coreFor(t)
  const child = await spawnChild(core, request('echo hello; exit 3', { ttlMs: 60_000 }))
  t.match(child, { name: 'worker', depth: GRANT.depth })
  t.equal(await readAll(child.stdout!), 'hello\n')
  const exit = await child.exited
  t.match(exit, { exitCode: 3, signal: null, reason: 'self' })
  t.same(core.operations(), ['authorizeSpawn', 'recordSpawn', 'recordSpawnExit'])
  t.same(core.calls[0].args, [42, 'worker', { ttlMs: 60_000 }])
  const { pid, startTicks } = child
  const recorded = { name: 'worker', pid, startTicks, command: 'sh -c echo hello; exit 3', ttlMs: 60_000 }
  t.same(core.calls[1].args, [42, recorded, { ticket: GRANT.ticket }])
  t.same(core.calls[2].args, [pid, { ...exit, startTicks }])
})

t.test('without a parent it hangs below the virtual root of its service', async t => {
  const core = coreFor(t)
  const child = await spawnChild(core, request('exit 0', { parentPid: null }))
  await child.exited
  t.same(core.operations(), ['authorizeInService', 'recordInService', 'recordSpawnExit'])
  t.same(core.calls[0].args, ['svc', 'worker', { ttlMs: null, isAdopted: false }])
  t.equal(core.calls[1].args[0], 'svc')
  t.equal(core.calls[1].args[2], GRANT.ticket)
})

t.test('a refusal is thrown with all its fields, and nothing is launched', async t => {
  const core = coreFor(t)
  const refusal = { ok: false, code: 'rate_limit', message: 'too fast', limit: 10, current: 10 } as const
  core.answers.authorize = { ...refusal, decisionId: '0-7', retryAfterMs: 90 }
  const spawned = spawnChild(core, request('exit 0'))
  await t.rejects(spawned, { ...refusal, decisionId: '0-7', retryAfterMs: 90 })
  t.ok((await spawned.catch((error: unknown) => error)) instanceof SpawnDenied)
  t.same(core.operations(), ['authorizeSpawn'])
})

t.test('a launch that fails gives its ticket back and says why', async t => {
  const core = coreFor(t)
  core.answers.failures.releaseTicket = [failure('host_lost')]
  const spawned = spawnChild(core, request('', { command: 'no-such-command' }))
  await t.rejects(spawned, { code: 'launch_failed', message: /no-such-command/ })
  t.same(core.operations(), ['authorizeSpawn', 'releaseTicket', 'releaseTicket'])
  t.same(core.calls[1].args, [GRANT.ticket])
})

t.test('the environment may depend on the grant', async t => {
  const core = coreFor(t)
  const env = (grant: typeof GRANT) => ({ ...TEST_ENV, SPAWN_DEPTH: String(grant.depth) })
  const child = await spawnChild(core, request('echo $SPAWN_DEPTH', { env }))
  t.equal(await readAll(child.stdout!), '2\n')
  await child.exited
})

t.test('what is wrong with a request is said before anything is charged', async t => {
  const core = coreFor(t)
  const wrong: readonly Partial<SpawnRequest>[] = [
    { name: 'a b' },
    { name: '' },
    { command: '' },
    { command: 'a\0b' },
    { args: ['\0'] },
    { cwd: '/\0' },
  ]
  for (const over of wrong) await t.rejects(spawnChild(core, request('', over)), { code: 'invalid_input' })
  t.same(core.calls, [])
})

t.test('a parent of another service gets its ticket back', async t => {
  const core = coreFor(t)
  core.answers.authorize = { ...GRANT, rootService: 'other' }
  await t.rejects(spawnChild(core, request('exit 0')), { code: 'invalid_input', message: /'other', not 'svc'/ })
  t.same(core.operations(), ['authorizeSpawn', 'releaseTicket'])
})

t.test('a host that is lost under a record or an exit is asked again', async t => {
  const core = coreFor(t)
  core.answers.failures.recordSpawn = [failure('host_lost'), failure('host_lost')]
  core.answers.failures.recordSpawnExit = [failure('host_lost')]
  const child = await spawnChild(core, request('exit 5'))
  t.match(await child.exited, { exitCode: 5 })
  const records = ['recordSpawn', 'recordSpawn', 'recordSpawn']
  t.same(core.operations(), ['authorizeSpawn', ...records, 'recordSpawnExit', 'recordSpawnExit'])
})

t.test('a process that cannot be recorded is ended', async t => {
  const core = coreFor(t)
  core.answers.failures.recordSpawn = [failure('closed')]
  await t.rejects(spawnChild(core, request('exec sleep 100')), { code: 'closed' })
  t.same(core.launcher.living(), [])
  t.same(core.operations(), ['authorizeSpawn', 'recordSpawn', 'releaseTicket', 'recordSpawnExit'])
  t.match(core.calls[3].args[1], { signal: constants.signals.SIGTERM, reason: 'stop' })
})

t.test('one that has ended before it could be recorded is not ended again: its pid may be of another', async t => {
  const core = coreFor(t)
  const { launcher } = core
  let ends = 0
  const ended = fakeCore({
    ...launcher,
    launch: async asked => {
      const launched = await launcher.launch(asked)
      await launched.exited
      return launched
    },
    end: async () => void ends++,
  })
  ended.answers.failures.recordSpawn = [failure('invalid_input')]
  await t.rejects(spawnChild(ended, request('exit 0')), { code: 'invalid_input' })
  t.equal(ends, 0)
  t.same(ended.operations(), ['authorizeSpawn', 'recordSpawn', 'releaseTicket', 'recordSpawnExit'])
})

t.test('a process that nobody tracks is ended', async t => {
  const core = coreFor(t)
  core.answers.recordedIn = null
  await t.rejects(spawnChild(core, request('exec sleep 100')), { code: 'launch_failed', message: /lost its parent 42/ })
  t.same(core.launcher.living(), [])
})

t.test('the exit is told even when it cannot be recorded', async t => {
  for (const code of ['closed', 'unavailable', 'host_lost'] as const) {
    const core = coreFor(t)
    core.answers.failures.recordSpawnExit = Array.from({ length: 100 }, () => failure(code))
    const child = await spawnChild(core, request('exit 6'))
    t.match(await child.exited, { exitCode: 6, reason: 'self' })
  }
})

t.test('the exit is the one in the books, where the first one wins', async t => {
  const core = coreFor(t)
  const lastExit = { exitCode: null, signal: 9, finishedAt: 1, reason: 'quota' } as const
  core.answers.recordedExit = childOf(42, 43, { lastExit })
  const child = await spawnChild(core, request('exit 6'))
  t.same(await child.exited, lastExit)
})

t.test('kill sends SIGTERM unless told otherwise, and false means that it has ended', async t => {
  const core = coreFor(t)
  const child = await spawnChild(core, request('exec sleep 100'))
  t.ok(child.kill())
  t.match(await child.exited, { signal: constants.signals.SIGTERM, reason: 'signal' })
  t.notOk(child.kill())
  const other = await spawnChild(core, request('exec sleep 100'))
  t.ok(other.kill('SIGKILL'))
  t.match(await other.exited, { signal: constants.signals.SIGKILL, reason: 'signal' })
})

t.test('aborting ends the child and all below it as an order', async t => {
  const core = coreFor(t)
  const abort = new AbortController()
  const [child, below, deepest] = [
    await spawnChild(core, request('exec sleep 100', { signal: abort.signal })),
    await spawnChild(core, request('trap "" TERM; echo ready; while :; do sleep 0.05; done')),
    await spawnChild(core, request('exec sleep 100')),
  ]
  await firstLine(below.stdout!)
  core.answers.childrenOf[child.pid] = [childOf(child.pid, below.pid)]
  core.answers.childrenOf[below.pid] = [childOf(below.pid, deepest.pid)]
  abort.abort()
  t.match(await child.exited, { signal: constants.signals.SIGTERM, reason: 'stop' })
  t.match(await below.exited, { signal: constants.signals.SIGKILL, reason: 'stop' }, 'killed after the grace')
  t.match(await deepest.exited, { reason: 'stop' })
})

t.test('aborting ends the child when its tree cannot be asked', async t => {
  const core = coreFor(t)
  const abort = new AbortController()
  const child = await spawnChild(core, request('exec sleep 100', { signal: abort.signal }))
  core.answers.failures.getChildren = [failure('closed'), failure('closed')]
  abort.abort()
  t.match(await child.exited, { reason: 'stop' })
})

t.test('an abort before the launch prevents it, and one during the record ends it', async t => {
  const early = coreFor(t)
  await t.rejects(spawnChild(early, request('exit 0', { signal: AbortSignal.abort() })), { code: 'launch_failed' })
  t.same(early.calls, [])

  const granted = abortsIn(t, 'authorizeSpawn')
  await t.rejects(spawnChild(granted.core, request('exit 0', { signal: granted.signal })), { code: 'launch_failed' })
  t.same(granted.core.operations(), ['authorizeSpawn', 'releaseTicket'])

  const recorded = abortsIn(t, 'recordSpawn')
  const child = await spawnChild(recorded.core, request('exec sleep 100', { signal: recorded.signal }))
  t.match(await child.exited, { reason: 'stop' })
})

function coreFor(t: Test): FakeCore {
  const launcher = createPortableLauncher()
  t.teardown(async () => {
    const pids = launcher.living()
    await launcher.endAll(null, 0)
    for (const pid of pids) if (isRunning(pid)) t.fail(`process ${pid} is left`)
  })
  return fakeCore(launcher)
}

/** A core whose operation aborts the signal while it runs. */
function abortsIn(t: Test, operation: 'authorizeSpawn' | 'recordSpawn') {
  const abort = new AbortController()
  const core = coreFor(t)
  const during = <A extends readonly unknown[], R>(name: typeof operation, call: (...args: A) => R) => {
    return (...args: A): R => {
      if (name === operation) abort.abort()
      return call(...args)
    }
  }
  const aborting: FakeCore = {
    ...core,
    authorizeSpawn: during('authorizeSpawn', core.authorizeSpawn),
    recordSpawn: during('recordSpawn', core.recordSpawn),
  }
  return { core: aborting, signal: abort.signal }
}

function request(script: string, over: Partial<SpawnRequest> = {}): SpawnRequest {
  return {
    service: 'svc',
    parentPid: 42,
    name: 'worker',
    command: 'sh',
    args: ['-c', script],
    env: TEST_ENV,
    cwd: undefined,
    ttlMs: null,
    stdin: 'pipe',
    ...over,
  }
}
