/** The keeper is killed, with its daemon or alone: its children are adopted, and a new keeper serves the service. */

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
  readonly state: string
  readonly kind: string
}

/** A root with a child `mid` that has a child `leaf`; each writes `NAME=PID`. */
function family(): string {
  const spawn = `${process.execPath} ${CLI_FILE} spawn`
  const leaf = 'echo leaf=\\$\\$; exec sleep 300'
  const mid = `echo mid=$$; ${spawn} --name leaf -- sh -c "${leaf}" >/dev/null; exec sleep 300`
  return `echo root=$$; ${spawn} --name mid -- sh -c '${mid}' >/dev/null; exec sleep 300`
}

async function pidOf(run: Running, name: string): Promise<number> {
  return Number((await run.says(new RegExp(`${name}=(\\d+)`)))[1])
}

async function treeOf(t: Test, folder: string): Promise<readonly Shown[]> {
  const { services } = JSON.parse((await cli(t, folder, ['tree', '--json'])).out)
  return services[0].tree.map(({ name, pid, parentPid, depth, state, kind }: Shown) => {
    return { name, pid, parentPid, depth, state, kind }
  })
}

async function killKeeper(t: Test, folder: string): Promise<number> {
  const { keepers } = JSON.parse((await cli(t, folder, ['status', '--json'])).out)
  const [{ pid }] = keepers
  process.kill(pid, 'SIGKILL')
  await eventually('the keeper is gone', () => !isRunning(pid))
  return pid
}

async function kill(run: Running): Promise<void> {
  run.child.kill('SIGKILL')
  await run.ended
}

t.test(
  'after keeper and daemon were killed the next run adopts all, at its place, and starts no copy',
  { skip },
  async t => {
    const folder = privateFolder(t)
    const first = startCli(t, folder, ['run', '--', 'sh', '-c', family()])
    const pids = await Promise.all(['root', 'mid', 'leaf'].map(name => pidOf(first, name)))
    const [root, mid, leaf] = pids
    await eventually('all are in the tree', async () => (await treeOf(t, folder)).length === 3)
    const dead = await killKeeper(t, folder)
    await kill(first)
    t.same(pids.map(isRunning), [true, true, true])
    const second = startCli(t, folder, ['run', '--show-tree', '--', 'sh', '-c', family()])
    await second.says(/taken over from a daemon before: sh \(pid/)
    t.same(await treeOf(t, folder), [
      { name: 'sh', pid: root, parentPid: second.pid, depth: 0, state: 'adopted', kind: 'root' },
      { name: 'mid', pid: mid, parentPid: root, depth: 1, state: 'adopted', kind: 'spawned' },
      { name: 'leaf', pid: leaf, parentPid: mid, depth: 2, state: 'adopted', kind: 'spawned' },
    ])
    t.notMatch(second.out(), /root=/, 'there is no second copy')
    const { keepers } = JSON.parse((await cli(t, folder, ['status', '--json'])).out)
    t.not(keepers[0].pid, dead)
    await kill(second)
    const third = startCli(t, folder, ['run', '--show-tree', '--', 'sh', '-c', family()])
    await third.says(/taken over from a daemon before: sh \(pid/)
    t.equal((await treeOf(t, folder)).length, 3, 'and once more, from the keeper that lives')
    await cli(t, folder, ['stop'])
    const { out } = await third.ended
    t.match(out, /survivors +0/)
    t.same(pids.map(isRunning), [false, false, false])
  },
)

t.test('of one that was adopted the output is read on, and the exit is told as unknown', { skip }, async t => {
  const folder = privateFolder(t)
  const script = 'trap "echo woken" USR1; trap "exit 3" USR2; echo root=$$; while :; do sleep 0.05; done'
  const first = startCli(t, folder, ['run', '--', 'sh', '-c', script])
  const root = await pidOf(first, 'root')
  await killKeeper(t, folder)
  await kill(first)
  const second = startCli(t, folder, ['run', '--show-tree', '--', 'sh', '-c', script])
  await second.says(/taken over/)
  process.kill(root, 'SIGUSR1')
  await second.says(/woken/)
  process.kill(root, 'SIGUSR2')
  t.match(await second.ended, { out: new RegExp(`- sh \\(pid ${root}\\) .*unknown`) })
})

t.test('with the daemon alive a new keeper hears the adopted: what they spawn hangs below them', { skip }, async t => {
  const folder = privateFolder(t)
  const spawn = `${process.execPath} ${CLI_FILE} spawn --name late -- sleep 300`
  const script = `trap "${spawn}" USR1; echo root=$$; while :; do sleep 0.05; done`
  const run = startCli(t, folder, ['run', '--show-tree', '--', 'sh', '-c', script])
  const root = await pidOf(run, 'root')
  const dead = await killKeeper(t, folder)
  await eventually('another keeper serves', async () => {
    const { keepers } = JSON.parse((await cli(t, folder, ['status', '--json'])).out)
    return keepers.length === 1 && keepers[0].pid !== dead && keepers[0].hasDaemon
  })
  t.match(await treeOf(t, folder), [{ pid: root, state: 'adopted', kind: 'root' }])
  process.kill(root, 'SIGUSR1')
  const late = Number((await run.says(/\+ sh:late \(pid (\d+)\)/))[1])
  t.match(
    (await treeOf(t, folder)).filter(({ kind }) => kind !== 'peripheral'),
    [{ pid: root }, { pid: late, parentPid: root, depth: 1, state: 'running' }],
  )
  await cli(t, folder, ['stop'])
  t.match(await run.ended, { out: /survivors +0/ })
  t.same([root, late].map(isRunning), [false, false])
})
