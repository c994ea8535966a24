import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import type { LimitsInput } from '../../../protocol/limits.js'
import { connect, spawnAgent } from '../../../src/client/index.js'
import { runtimePaths } from '../../../src/control/paths.js'
import type { Core } from '../../../src/core.js'
import { type Daemon, startDaemon } from '../../../src/daemon/daemon.js'
import type { News } from '../../../src/daemon/news.js'
import { createSink } from '../../../src/daemon/output/sink.js'
import { summaryLines } from '../../../src/daemon/summary.js'
import { createFakeCore } from '../../support/daemon-core.js'
import { privateFolder } from '../../support/folder.js'
import { eventually, isRunning } from '../../support/processes.js'

interface World {
  readonly daemon: Daemon
  readonly paths: ReturnType<typeof runtimePaths>
  readonly news: News[]
  readonly text: () => string
}

/** A shell that prints its token and waits. */
const TELLS = ['sh', '-c', 'echo token=$ESPALIER_TOKEN; exec sleep 60']

async function open(
  t: Test,
  commands: Readonly<Record<string, readonly string[]>>,
  limits: LimitsInput = {},
  core: Core = createFakeCore(),
): Promise<World> {
  const paths = runtimePaths(privateFolder(t))
  const news: News[] = []
  const stream = new PassThrough()
  let text = ''
  stream.on('data', chunk => {
    text += String(chunk)
  })
  const sink = createSink(stream)
  const services = Object.entries(commands).map(([name, command]) => ({
    name,
    command,
    env: {},
    cwd: paths.directory,
    limits: { graceMs: 500, ...limits },
    ttlMs: null,
    abandon: { keep: false, afterMs: 10_000 },
  }))
  const tell = (_context: unknown, one: News) => void news.push(one)
  const { PATH } = process.env
  const environment = { PATH, SECRET: 'of the daemon' }
  const stateDirectory = join(paths.directory, 'state')
  const daemon = await startDaemon({
    core,
    services,
    paths,
    stateDirectory,
    environment,
    stdout: sink,
    stderr: sink,
    tell,
  })
  t.teardown(async () => {
    await daemon.kill()
    await daemon.ended
  })
  return { daemon, paths, news, text: () => text }
}

async function tokenOf(world: World, label: string): Promise<string> {
  const line = new RegExp(`^${label} \\| token=([0-9a-f]{64})$`, 'm')
  await eventually(`a token of ${label}`, () => line.test(world.text()))
  return line.exec(world.text())![1]
}

t.test('a run ends when every process has, with its output and its figures', async t => {
  const { daemon, paths, text } = await open(t, {
    one: ['sh', '-c', 'echo hello; echo $SECRET$SPAWN_DEPTH $ESPALIER_SERVICE; echo bad >&2; exit 3'],
    two: ['true'],
  })
  const summary = await daemon.ended
  t.match(text(), /^one \| hello$/m)
  t.match(text(), /^one \| 0 one$/m, 'nothing of the daemon is inherited')
  t.match(text(), /^one \| bad$/m)
  t.match(await daemon.roots[0].exited, { exitCode: 3, reason: 'self' })
  t.match(summary, { spawned: 0, refused: [], survivors: [] })
  t.match(summaryLines(summary).join('\n'), /survivors +0/)
  for (const path of [paths.lock, paths.controlSocket, paths.spawnSocket]) t.notOk(existsSync(path), path)
})

t.test('a child spawns through its token, is named in the output, and its exit is reported', async t => {
  const world = await open(t, { svc: TELLS })
  const token = await tokenOf(world, 'svc')
  const argv = ['sh', '-c', 'echo depth=$SPAWN_DEPTH parent=$SPAWN_PARENT_PID a=$A in $(pwd); exit 7']
  const env = { PATH: process.env.PATH, A: 'b' }
  const socket = world.paths.spawnSocket
  const agent = await spawnAgent({ name: 'kid', argv, socket, token, env, cwd: '/', wait: true })
  t.equal(agent.depth, 1)
  t.match(await agent.exited(), { exitCode: 7, reason: 'self' })
  await eventually('its output', () => world.text().includes('svc:kid'))
  t.match(world.text(), `svc:kid | depth=1 parent=${world.daemon.roots[0].pid} a=b in /`)
  await world.daemon.stop()
  t.match(await world.daemon.ended, { spawned: 1, survivors: [] })
})

t.test('a token that names nobody and a parent that is not the asker’s are refused', async t => {
  const world = await open(t, { svc: TELLS, other: TELLS })
  const token = await tokenOf(world, 'svc')
  const ask = (more: object) =>
    spawnAgent({ name: 'kid', argv: ['true'], socket: world.paths.spawnSocket, token, cwd: '/', ...more })
  await t.rejects(ask({ token: '0'.repeat(64) }), { code: 'bad_token' })
  const [svc, other] = world.daemon.roots
  for (const parentPid of [other.pid, process.pid, 1]) {
    await t.rejects(ask({ parentPid }), { code: 'bad_parent', message: new RegExp(`parent pid ${parentPid}`) })
  }
  t.match(await ask({ parentPid: svc.pid }), { depth: 1 })
  await t.rejects(ask({ argv: ['no-such-command'] }), { code: 'launch_failed', message: /no-such-command/ })
  await t.rejects(ask({ cwd: '/no/such/place' }), { code: 'launch_failed', message: /chdir/ })
})

t.test('a process may put a child below a descendant of its own', async t => {
  const world = await open(t, { svc: TELLS }, { depth: 4 })
  const socket = world.paths.spawnSocket
  const token = await tokenOf(world, 'svc')
  const env = { PATH: process.env.PATH }
  const kid = await spawnAgent({ name: 'kid', argv: TELLS, socket, token, cwd: '/', env })
  const below = { name: 'grandkid', argv: ['sleep', '60'], socket, cwd: '/', env }
  const grandkid = await spawnAgent({ ...below, token, parentPid: kid.pid })
  t.equal(grandkid.depth, 2)
  const kidToken = await tokenOf(world, 'svc:kid')
  await t.rejects(spawnAgent({ ...below, token: kidToken, parentPid: world.daemon.roots[0].pid }), {
    code: 'bad_parent',
  })
  const forest = await connect({ socket: world.paths.controlSocket }).tree()
  t.match(forest, {
    daemonPid: process.pid,
    services: [{ name: 'svc', state: 'running', liveDescendants: 2 }],
    processes: [
      { name: 'svc', parentPid: process.pid },
      { name: 'kid', parentPid: world.daemon.roots[0].pid },
      { name: 'grandkid', parentPid: kid.pid, command: 'sleep 60' },
    ],
  })
  await world.daemon.stop()
  t.match(await world.daemon.ended, { peakProcesses: 3 })
  for (const pid of [kid.pid, grandkid.pid]) t.notOk(isRunning(pid))
})

t.test('a refusal carries its figures and is counted by its code', async t => {
  const world = await open(t, { svc: TELLS }, { children: 1, depth: 2 })
  const socket = world.paths.spawnSocket
  const token = await tokenOf(world, 'svc')
  const ask = { name: 'kid', argv: ['sleep', '60'], socket, token, cwd: '/', env: { PATH: process.env.PATH } }
  await spawnAgent(ask)
  await t.rejects(spawnAgent(ask), { name: 'SpawnDenied', code: 'child_limit', limit: 1, current: 1 })
  t.match(world.news.at(-1), { kind: 'refused', service: 'svc', childName: 'kid', parentName: 'svc' })
  await world.daemon.stop()
  t.strictSame((await world.daemon.ended).refused, [['child_limit', 1]])
})

t.test('a dead process has no voice, and its policy is acted on', async t => {
  const world = await open(t, { svc: TELLS }, { depth: 4 })
  const socket = world.paths.spawnSocket
  const token = await tokenOf(world, 'svc')
  const env = { PATH: process.env.PATH }
  const kid = await spawnAgent({ name: 'kid', argv: TELLS, socket, token, cwd: '/', env, wait: true })
  const kidToken = await tokenOf(world, 'svc:kid')
  const below = { name: 'below', argv: ['sleep', '60'], socket, cwd: '/', env, token: kidToken, wait: true }
  const grandkid = await spawnAgent(below)
  process.kill(kid.pid, 'SIGKILL')
  t.match(await kid.exited(), { signal: 9, reason: 'signal' })
  t.match(await grandkid.exited(), { signal: 15, reason: 'cascade' })
  await t.rejects(spawnAgent(below), { code: 'bad_token' })
})

t.test('an order to stop one service leaves the others, and it takes no more spawns', async t => {
  const world = await open(t, { svc: TELLS, other: TELLS })
  const token = await tokenOf(world, 'other')
  const client = connect({ socket: world.paths.controlSocket })
  await t.rejects(client.stop('nosuch'), { code: 'not_found', message: /svc, other/ })
  t.strictSame(await client.stop('svc'), ['svc'])
  t.match(await world.daemon.roots[0].exited, { signal: 15, reason: 'stop' })
  t.ok(isRunning(world.daemon.roots[1].pid))
  t.match((await client.tree()).services, [
    { name: 'svc', state: 'ended' },
    { name: 'other', state: 'running' },
  ])
  world.daemon.context.stopping.add('other')
  const ask = { name: 'kid', argv: ['true'], socket: world.paths.spawnSocket, token, cwd: '/' }
  await t.rejects(spawnAgent(ask), { name: 'SpawnDenied', code: 'shutting_down' })
  t.strictSame(await client.stop(), ['svc', 'other'])
  t.match(await world.daemon.ended, { survivors: [] })
})

t.test('one that ignores TERM is killed after its grace, or at once when told so', async t => {
  const stubborn = ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done']
  const patient = await open(t, { svc: stubborn }, { graceMs: 100 })
  await eventually('ready', () => patient.text().includes('ready'))
  await patient.daemon.stop()
  t.match(await patient.daemon.roots[0].exited, { signal: 9, reason: 'stop' })

  const hasty = await open(t, { svc: stubborn }, { graceMs: 60_000 })
  await eventually('ready', () => hasty.text().includes('ready'))
  const stopping = hasty.daemon.stop()
  await hasty.daemon.kill()
  await stopping
  t.match(await hasty.daemon.roots[0].exited, { signal: 9 })
})

t.test('a command that does not exist ends what was started and leaves nothing behind', async t => {
  const paths = runtimePaths(privateFolder(t))
  const sink = createSink(new PassThrough().resume())
  const service = {
    env: {},
    cwd: '/',
    limits: { graceMs: 100 },
    ttlMs: null,
    abandon: { keep: false, afterMs: 10_000 },
  }
  const core = createFakeCore()
  const services = [
    { ...service, name: 'good', command: ['sleep', '60'] },
    { ...service, name: 'bad', command: ['no-such-command'] },
  ]
  const environment = { PATH: process.env.PATH }
  const started = startDaemon({
    core,
    services,
    paths,
    stateDirectory: join(paths.directory, 'state'),
    environment,
    stdout: sink,
    stderr: sink,
    tell: () => undefined,
  })
  await t.rejects(started, { code: 'launch_failed', message: /no-such-command/ })
  t.strictSame(core.launcher.living(), [])
  t.notOk(existsSync(paths.lock))
})

t.test('a second daemon in a directory is told who is there, and disturbs nothing', async t => {
  const world = await open(t, { svc: TELLS })
  const options = {
    core: createFakeCore(),
    services: [
      {
        name: 'x',
        command: ['true'],
        env: {},
        cwd: '/',
        limits: {},
        ttlMs: null,
        abandon: { keep: false, afterMs: 10_000 },
      },
    ],
    paths: world.paths,
    stateDirectory: join(world.paths.directory, 'state'),
    environment: {},
    stdout: world.daemon.context.stdout,
    stderr: world.daemon.context.stderr,
    tell: () => undefined,
  }
  await t.rejects(startDaemon(options), { name: 'DaemonRunning', pid: process.pid })
  t.equal(await connect({ socket: world.paths.controlSocket }).ping(), process.pid)
})

t.test('a root with a time to live ends with everything below it', async t => {
  const paths = runtimePaths(privateFolder(t))
  const sink = createSink(new PassThrough().resume())
  const services = [
    {
      name: 'svc',
      command: ['sleep', '60'],
      env: {},
      cwd: '/',
      limits: {},
      ttlMs: 50,
      abandon: { keep: false, afterMs: 10_000 },
    },
  ]
  const environment = { PATH: process.env.PATH }
  const core = createFakeCore()
  const daemon = await startDaemon({
    core,
    services,
    paths,
    stateDirectory: join(paths.directory, 'state'),
    environment,
    stdout: sink,
    stderr: sink,
    tell: () => undefined,
  })
  t.match(await daemon.roots[0].exited, { signal: 15, reason: 'ttl' })
  t.match(await daemon.ended, { survivors: [] })
})
