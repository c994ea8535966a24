/** The daemon is killed: what it ran lives on under its keepers, and the next daemon takes it over. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { CLI_FILE, cli, type Running, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning } from '../support/processes.js'

const skip = launcherName() === 'portable' ? 'portable mode keeps nothing' : false

interface Shown {
  readonly name: string
  readonly pid: number
  readonly parentPid: number
  readonly depth: number
  readonly ttlMs: number | null
}

async function kill(run: Running): Promise<void> {
  run.child.kill('SIGKILL')
  await run.ended
}

/** All processes of the one service, without what is measured. */
async function treeOf(t: Test, folder: string): Promise<readonly Shown[]> {
  const { services } = JSON.parse((await cli(t, folder, ['tree', '--json'])).out)
  return services[0].tree.map(({ name, pid, parentPid, depth, ttlMs }: Shown) => ({
    name,
    pid,
    parentPid,
    depth,
    ttlMs,
  }))
}

/** A root with a child `mid` that has a child `leaf`; each writes `NAME=PID`. It speaks through `espalier spawn`. */
function family(): string {
  const spawn = `${process.execPath} ${CLI_FILE} spawn`
  const leaf = 'echo leaf=\\$\\$; exec sleep 300'
  const mid = `echo mid=$$; ${spawn} --name leaf --ttl 5m -- sh -c "${leaf}" >/dev/null; exec sleep 300`
  return `echo root=$$; ${spawn} --name mid -- sh -c '${mid}' >/dev/null; exec sleep 300`
}

async function pidsOf(run: Running): Promise<readonly number[]> {
  const names = ['root', 'mid', 'leaf']
  return Promise.all(names.map(async name => Number((await run.says(new RegExp(`${name}=(\\d+)`)))[1])))
}

t.test('a service that cannot be brought up ends nothing that was taken over', { skip }, async t => {
  const folder = privateFolder(t)
  const config = (second: string) =>
    `services: { first: { command: sh -c 'echo pid=$$; exec sleep 300' }, second: { command: ${second} } }`
  writeFileSync(join(folder, 'espalier.yaml'), config('sleep 300'))
  const first = startCli(t, folder, ['run'])
  const pid = Number((await first.says(/pid=(\d+)/))[1])
  await eventually(
    'both are in the tree',
    async () => JSON.parse((await cli(t, folder, ['ps', '--json'])).out).processes.length === 2,
  )
  await cli(t, folder, ['stop', 'second'])
  await kill(first)
  writeFileSync(join(folder, 'espalier.yaml'), config('no-such-program'))
  const second = startCli(t, folder, ['run'])
  await eventually('it says so', () => /second cannot be brought up: .*no-such-program/.test(second.err()))
  t.ok(isRunning(pid), 'the first goes on')
  t.match((await cli(t, folder, ['status'])).out, /first/)
  second.child.kill('SIGTERM')
  t.equal((await second.ended).code, 1)
  t.notOk(isRunning(pid))
})

t.test(
  'after kill -9 of a run the next one has every process at its place, and starts no second root',
  { skip },
  async t => {
    const folder = privateFolder(t)
    const first = startCli(t, folder, ['run', '--', 'sh', '-c', family()])
    const [root, mid, leaf] = await pidsOf(first)
    await eventually('all are in the tree', async () => (await treeOf(t, folder)).length === 3)
    const before = await treeOf(t, folder)
    await kill(first)
    t.same([root, mid, leaf].map(isRunning), [true, true, true], 'they live without it')
    const second = startCli(t, folder, ['run', '--show-tree', '--', 'sh', '-c', family()])
    await second.says(/taken over from a daemon before: sh \(pid/)
    const after = await treeOf(t, folder)
    t.match(before, [{ pid: root }, { pid: mid, depth: 1 }, { pid: leaf, parentPid: mid, depth: 2, ttlMs: 300_000 }])
    t.same(after.slice(1), before.slice(1))
    t.match(after[0], { pid: root, name: 'sh', depth: 0 })
    t.notMatch(second.out(), /root=/, 'there is no second copy')
    process.kill(mid, 'SIGTERM')
    await eventually('the policy holds as before', () => !isRunning(mid) && !isRunning(leaf))
    second.child.kill('SIGTERM')
    t.match(await second.ended, { code: 143, out: /survivors +0/ })
    t.notOk(isRunning(root))
  },
)

t.test('a taken over process spawns with the token that it had', { skip }, async t => {
  const folder = privateFolder(t)
  const script = `echo root=$$; read line < go; ${process.execPath} ${CLI_FILE} spawn --name late -- sleep 300; exec sleep 300`
  const first = startCli(t, folder, ['run', '--', 'sh', '-c', `mkfifo go; ${script}`])
  await first.says(/root=(\d+)/)
  await kill(first)
  const second = startCli(t, folder, ['run', '--show-tree', '--', 'sh', '-c', 'exit 1'])
  await second.says(/taken over/)
  writeFileSync(`${folder}/go`, 'go\n')
  const late = Number((await second.says(/\+ sh:late \(pid (\d+)\)/))[1])
  t.ok(isRunning(late))
  second.child.kill('SIGTERM')
  await second.ended
  t.notOk(isRunning(late))
})

t.test('an exit that came while nobody was there is learnt, and with it the code of the run', { skip }, async t => {
  const folder = privateFolder(t)
  const spawn = `${process.execPath} ${CLI_FILE} spawn --name child -- sh -c 'echo child=$$; exec sleep 300' > /dev/null`
  const first = startCli(t, folder, [
    'run',
    '--',
    'sh',
    '-c',
    `trap "exit 9" USR1; echo root=$$; ${spawn}; while :; do sleep 0.05; done`,
  ])
  const [root, child] = await Promise.all(
    ['root', 'child'].map(async name => Number((await first.says(new RegExp(`${name}=(\\d+)`)))[1])),
  )
  await kill(first)
  process.kill(root, 'SIGUSR1')
  await eventually('it has ended', () => !isRunning(root))
  t.ok(isRunning(child))
  const second = startCli(t, folder, ['run', '--show-tree', '--', 'sh', '-c', 'echo again'])
  const { code, out } = await second.ended
  t.equal(code, 9)
  t.match(out, /- sh \(pid \d+\) exited 9/)
  t.notMatch(out, /again/)
  t.notOk(isRunning(child), 'its child meets the policy')
})

t.test('where all has ended meanwhile the next run starts anew', { skip }, async t => {
  const folder = privateFolder(t)
  const first = startCli(t, folder, ['run', '--', 'sh', '-c', 'echo root=$$; exec sleep 300'])
  const root = Number((await first.says(/root=(\d+)/))[1])
  await kill(first)
  process.kill(root, 'SIGKILL')
  await eventually('it has ended', () => !isRunning(root))
  const { code, out } = await cli(t, folder, ['run', '--show-tree', '--', 'sh', '-c', 'echo again; exit 3'])
  t.equal(code, 3)
  t.match(out, /died of SIGKILL.*again/s, 'the exit that was missed is told')
})
