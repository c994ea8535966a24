/** A keeper is killed under a running daemon: what becomes of its children, of what they ask, and of all at the end. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { ProcessReport } from '../../protocol/wire/answers.js'
import { connect } from '../../src/client/connect.js'
import { groupName } from '../../src/keeper/groups.js'
import { findPredecessor } from '../../src/keeper/predecessor.js'
import { launcherName } from '../../src/launcher/choose.js'
import { CLI_FILE, cli, type Running, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning } from '../support/processes.js'

const skip = launcherName() === 'portable' ? 'portable mode has no keepers' : false

/** A child that was asked for, and ends with 7 at USR2. */
const SHORT = `"$NODE" "$CLI" spawn --name short -- sh -c 'trap "exit 7" USR2; echo $$ >short.new; mv short.new short; while :; do sleep 0.05; done' >short.out`

/** Asks for a child of its own at USR1, and forks what leaves its session. */
const rootOf = (more: string) => `
trap '"$NODE" "$CLI" spawn --name late -- sleep 300 >late.out' USR1
${more}
(setsid sh -c 'echo $$ >orphan.new; mv orphan.new orphan; exec sleep 300' &)
setsid sh -c 'echo $$ >fork.new; mv fork.new fork; exec sleep 300' &
echo $$ >root.new; mv root.new root
while :; do sleep 0.05; done
`

function operator(folder: string): ReturnType<typeof connect> {
  return connect({ socket: join(folder, 'control.sock') })
}

async function treeOf(folder: string): Promise<readonly ProcessReport[]> {
  return (await operator(folder).tree()).processes.filter(one => one.kind !== 'peripheral')
}

/** Starts the family, kills its keeper, and waits until another one serves. */
async function loseKeeper(
  t: Test,
  folder: string,
  more = '',
): Promise<{ run: Running; pids: Readonly<Record<string, number>> }> {
  writeFileSync(join(folder, 'root.sh'), rootOf(more))
  const env = { NODE: process.execPath, CLI: CLI_FILE }
  const services = { svc: { command: ['sh', 'root.sh'], env, cwd: folder, spawn: { limits: { grace: '200ms' } } } }
  writeFileSync(join(folder, 'espalier.yaml'), JSON.stringify({ services }))
  const run = startCli(t, folder, ['run', '--show-tree', '-c', 'espalier.yaml'])
  const names = ['root', 'orphan', 'fork', ...(more === '' ? [] : ['short'])]
  await eventually('all run', () => names.every(name => existsSync(join(folder, name))))
  const pids = Object.fromEntries(names.map(name => [name, Number(readFileSync(join(folder, name), 'utf8'))]))
  await killKeeper(folder)
  return { run, pids }
}

/** Kills it; resolves when another one keeps the folder. */
async function killKeeper(folder: string): Promise<void> {
  const keeper = () => findPredecessor(join(folder, 'keeper-svc'))?.pid
  const dead = keeper()
  process.kill(dead ?? 0, 'SIGKILL')
  await eventually('another keeper is there', () => keeper() !== undefined && keeper() !== dead)
}

t.test(
  'the children of a killed keeper are adopted, a new one serves, and the end reaches all of them',
  { skip },
  async t => {
    const folder = privateFolder(t)
    const { run, pids } = await loseKeeper(t, folder, SHORT)
    t.same(
      (await treeOf(folder)).map(({ pid, state }) => ({ pid, state })),
      [
        { pid: pids.root, state: 'adopted' },
        { pid: pids.short, state: 'adopted' },
      ],
    )

    process.kill(pids.short, 'SIGUSR2')
    const told = await run.says(/- svc:short \(pid \d+\) (.*)/)
    t.match(told[1], /unknown/, 'it ended with 7, and nobody knows')
    const [end] = (await cli(t, folder, ['history', '--json'])).out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    t.match(end, { pid: pids.short, exit: { exitCode: null, signal: null, reason: 'unknown' } })

    process.kill(pids.root, 'SIGUSR1')
    await run.says(/\+ svc:late \(pid \d+\)/)
    const tree = await treeOf(folder)
    const late = tree.find(({ name }) => name === 'late')?.pid ?? 0
    t.match(tree, [
      { pid: pids.root, state: 'adopted' },
      { pid: late, state: 'running' },
    ])

    await operator(folder).stop()
    t.match(await run.ended, { out: /survivors +0/ })
    t.same([...Object.values(pids), late].filter(isRunning), [])
  },
)

t.test('a service whose keepers are killed one after the other ends all the same', { skip }, async t => {
  const folder = privateFolder(t)
  const { run, pids } = await loseKeeper(t, folder)
  await killKeeper(folder)
  t.same(
    (await treeOf(folder)).map(({ state }) => state),
    ['adopted'],
  )
  await operator(folder).stop()
  t.match(await run.ended, { out: /survivors +0/ })
  t.same(Object.values(pids).filter(isRunning), [])
})

t.test('where daemon and keeper were killed, down --all ends what they left', { skip }, async t => {
  const folder = privateFolder(t)
  const { run, pids } = await loseKeeper(t, folder)
  run.child.kill('SIGKILL')
  await run.ended
  const { pid: alone = 0 } = findPredecessor(join(folder, 'keeper-svc')) ?? {}
  process.kill(alone, 'SIGKILL')
  await eventually('it is gone', () => !isRunning(alone))
  t.match(JSON.parse((await cli(t, folder, ['status', '--json'])).out), { keepers: [], lostKeepers: ['svc'] })
  const down = await cli(t, folder, ['down', '--all'])
  t.match(down, { code: 0, out: /stopped svc \(its keeper was killed\)/ })
  t.same(Object.values(pids).filter(isRunning), [])
})

t.test(
  'a keeper that followed a killed one, and then lost its daemon, ends all of it when it is told to',
  { skip },
  async t => {
    const folder = privateFolder(t)
    const { run, pids } = await loseKeeper(t, folder)
    // Until it has heard of its service it is nobody's: it would end with the daemon.
    await eventually('it serves', async () => (await treeOf(folder)).some(({ state }) => state === 'adopted'))
    run.child.kill('SIGKILL')
    await run.ended
    t.match(await cli(t, folder, ['down', '--all']), { code: 0, out: /stopped svc \(its keeper had no daemon\)/ })
    t.same(Object.values(pids).filter(isRunning), [])
  },
)

t.test(
  'one whose keeper was killed does not become an operator by that, nor does its orphaned fork',
  { skip },
  async t => {
    const folder = privateFolder(t)
    const order = `const s = require('net').connect('control.sock', () => s.write('{"v":1,"kind":"stop","service":null}\\n')); s.pipe(process.stdout)`
    writeFileSync(join(folder, 'order.cjs'), order)
    // Of a service that is not there: it may be obeyed.
    writeFileSync(join(folder, 'nothing.cjs'), order.replace('null', '"nobody"'))
    const more = `
ask() { while [ ! -e go ]; do sleep 0.05; done; "$NODE" order.cjs >$1.new; mv $1.new $1; }
(ask below; exec sleep 300) &
(setsid sh -c 'while [ ! -e go ]; do sleep 0.05; done; "$NODE" order.cjs >left.new; mv left.new left; exec sleep 300' &)
(setsid env -i sh -c 'echo $$ >bare.pid; while [ ! -e go ]; do sleep 0.05; done; "$1" nothing.cjs >bare.new; mv bare.new bare; exec sleep 300' sh "$NODE" &)
echo $$ >short`
    const { run, pids } = await loseKeeper(t, folder, more)
    writeFileSync(join(folder, 'go'), '')
    for (const name of ['below', 'left']) {
      await eventually(`${name} has its answer`, () => existsSync(join(folder, name)))
      t.match(readFileSync(join(folder, name), 'utf8'), /"code":"not_allowed".*lives in service svc/, name)
    }
    // Without a group nobody may find it at the end.
    t.teardown(() => {
      const bare = Number(readFileSync(join(folder, 'bare.pid'), 'utf8'))
      if (isRunning(bare)) process.kill(bare, 'SIGKILL')
    })
    t.ok(isRunning(pids.root))
    await eventually('the one without a mark has its answer', () => existsSync(join(folder, 'bare')))
    // An orphan in a session of its own, with an environment of its own: the group of its service alone tells whose it is.
    const isGrouped = readFileSync(`/proc/${pids.root}/cgroup`, 'utf8').includes(groupName(folder, 'svc'))
    t.match(readFileSync(join(folder, 'bare'), 'utf8'), isGrouped ? /lives in service svc/ : /nobody/)
    await operator(folder).stop()
    t.match(await run.ended, { out: /survivors +0/ })
  },
)
