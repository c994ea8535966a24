/** Processes of a keeper that was killed: on the spawn socket of the one that follows, and at the end of the service. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { encodeCommand, encodeStrays } from '../../protocol/keeper/frames.js'
import { KEEPER_FLAGS } from '../../protocol/keeper/messages.js'
import { openGroups } from '../../src/os/cgroups.js'
import { readIdentity, signalProcess } from '../../src/os/process.js'
import { TEST_ENV } from '../launcher/processes.js'
import { privateFolder } from '../support/folder.js'
import { checkKeeper, greeted, type RawLink, startRawKeeper } from '../support/keeper.js'
import { eventually, isRunning, textOf } from '../support/processes.js'

/** A process of ours that asks in `folder` when it is told to, and says what it is answered. */
async function startAsker(t: Test, folder: string): Promise<ChildProcess & { readonly pid: number }> {
  const script = `process.stdin.once('data', () => {
    process.stdin.destroy()
    const socket = require('net').connect(${JSON.stringify(join(folder, 'spawn.sock'))}, () => socket.write('{}\\n'))
    socket.pipe(process.stdout)
  })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'], env: TEST_ENV })
  await once(child, 'spawn')
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return Object.assign(child, { pid: child.pid ?? 0 })
}

/** How many the keeper sees of all that is its own; resolves when it has looked. */
async function count(link: RawLink, request: number): Promise<number> {
  link.signal(request, [0], 0, KEEPER_FLAGS.scope_tree)
  return (await link.heard('signalled', request)).fields.count
}

/** Ends all that the keeper has, and sees it leave; how many it killed. */
async function end(link: RawLink): Promise<number> {
  const { pid } = (await link.heard('welcome')).fields
  link.end(99, [0])
  const { fields } = await link.heard('ended', 99)
  if (fields.stuck === 1) throw new Error('something does not end')
  link.ack(Number.MAX_SAFE_INTEGER)
  await eventually('the keeper has left', () => !isRunning(pid))
  return fields.killed
}

async function take(link: RawLink, pid: number, startTicks: number): Promise<void> {
  link.send(encodeCommand('take', 0, {}, encodeStrays([{ pid, startTicks }])))
  await count(link, 1)
}

checkKeeper('one that the daemon names is heard, named by its own pid, and ended with the service', async t => {
  const keeper = await startRawKeeper(t)
  const link = await greeted(keeper)
  const asker = await startAsker(t, keeper.folder)
  await take(link, asker.pid, readIdentity(asker.pid)?.startTicks ?? 0)
  asker.stdin?.write('go')
  t.match(await link.heard('ask'), { fields: { anchorId: asker.pid, how: KEEPER_FLAGS.how_stray, hops: 0 } })
  t.ok((await end(link)) >= 1)
  t.notOk(isRunning(asker.pid))
})

checkKeeper(
  'one that has the pid of a named one, and not its start ticks, is a stranger: a pid comes back',
  async t => {
    const keeper = await startRawKeeper(t)
    const link = await greeted(keeper)
    const asker = await startAsker(t, keeper.folder)
    await take(link, asker.pid, (readIdentity(asker.pid)?.startTicks ?? 0) - 1)
    asker.stdin?.write('go')
    t.match(await textOf(asker.stdout), /"code":"outside"/)
    t.same(link.all('ask'), [])
    t.equal(await end(link), 0)
  },
)

checkKeeper('the number of one that is not there with its ticks says nothing of who bears it as a group', async t => {
  const keeper = await startRawKeeper(t)
  const link = await greeted(keeper)
  // Its leader has gone, so nobody has that pid, and the kernel gives it to nobody while the group is there.
  const script = 'sleep 300 & echo $$ $!'
  const leader = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'inherit'], env: TEST_ENV })
  const [said] = await once(leader.stdout, 'data')
  const [group, member] = String(said).trim().split(' ').map(Number)
  const { startTicks } = readIdentity(member) ?? { startTicks: 0 }
  t.teardown(() => signalProcess(member, startTicks, 'SIGKILL'))
  await eventually('the leader has gone', () => readIdentity(group) === null)
  await take(link, group, 1)
  t.equal(await end(link), 0)
  t.ok(isRunning(member))
})

/** What runs below a service, by the file into which it writes its pid. A sleep of each is all that is left when it has done so. */
const FAMILY = `
me='echo $$ >$OUT/$NAME.new; mv $OUT/$NAME.new $OUT/$NAME; exec sleep 300'
echo $$ >$OUT/root.new; mv $OUT/root.new $OUT/root
NAME=fork sh -c "$me" &
NAME=session setsid sh -c "$me" &
(NAME=orphan setsid sh -c "$me" &)
env -i PATH=$PATH OUT=$OUT NAME=clean setsid sh -c "$me" &
(env -i PATH=$PATH OUT=$OUT NAME=member sh -c "$me" &)
sh -c 'env -i PATH=$PATH OUT=$OUT NAME=late setsid sh -c "$0" & while [ ! -e $OUT/go ]; do sleep 0.05; done' "$me" &
(env -i PATH=$PATH OUT=$OUT NAME=lost setsid sh -c "$me" &)
wait`

/** All that a look can tell apart from strangers, after the keeper was killed. */
const FOUND = ['root', 'fork', 'session', 'orphan', 'clean', 'member', 'late']
/** It has left its session, has no mark, and nobody of ours is above it. */
const LOST = 'lost'

interface Orphaned {
  readonly folder: string
  readonly link: RawLink
  readonly out: string
  readonly pids: ReadonlyMap<string, number>
}

/** Kills the keeper of a family, and starts another in its folder. */
async function orphan(t: Test, cgroups: readonly string[] = []): Promise<Orphaned> {
  const [folder, out] = [privateFolder(t), privateFolder(t)]
  const first = await startRawKeeper(t, {}, folder, cgroups)
  const link = await greeted(first)
  link.spawn(1, FAMILY, { env: [`PATH=${TEST_ENV.PATH}`, `ESPALIER_SOCKET=${folder}/spawn.sock`, `OUT=${out}`] })
  await link.heard('started', 1)
  const names = [...FOUND, LOST]
  await eventually('all have been started', () => names.every(name => existsSync(join(out, name))))
  const pids = new Map(names.map(name => [name, Number(readFileSync(join(out, name), 'utf8'))]))
  const identities = [...pids.values()].map(pid => readIdentity(pid))
  t.teardown(async () => {
    for (const one of identities) if (one !== null) signalProcess(one.pid, one.startTicks, 'SIGKILL')
    await eventually('all are gone', () => [...pids.values()].every(pid => !isRunning(pid)))
  })
  process.kill(first.pid, 'SIGKILL')
  await eventually('the keeper is gone', () => !isRunning(first.pid))
  return { folder, link: await greeted(await startRawKeeper(t, {}, folder, cgroups)), out, pids }
}

function running({ pids }: Orphaned): readonly string[] {
  return [...pids].filter(([, pid]) => isRunning(pid)).map(([name]) => name)
}

checkKeeper('without a cgroup all are ended that the killed keeper left but one, which no look can know', async t => {
  const orphaned = await orphan(t)
  const { link, out } = orphaned
  t.ok((await count(link, 1)) >= FOUND.length)
  t.same(running(orphaned), [...FOUND, LOST], 'being counted harms nobody')
  const late = orphaned.pids.get('late') ?? 0
  const above = readIdentity(late)?.parentPid
  writeFileSync(join(out, 'go'), '')
  await eventually('it has lost its parent', () => readIdentity(late)?.parentPid !== above)
  await end(link)
  t.same(running(orphaned), [LOST])
})

checkKeeper('with a cgroup of the service all that the killed keeper left is ended', async t => {
  const { procs } = openGroups(`espalier-test-${process.pid}`, { tasks: 200, memoryBytes: null })
  if (procs.length === 0) {
    t.pass('no cgroup can be made here')
    return
  }
  t.teardown(() => {
    for (const file of procs.filter(existsSync)) rmdirSync(dirname(file))
  })
  const orphaned = await orphan(t, procs)
  await end(orphaned.link)
  t.same(running(orphaned), [])
  t.same(procs.filter(existsSync), [], 'and the groups go with the last of them')
})

checkKeeper('told to leave, and alone when its time is over, a keeper ends what the killed one left', async t => {
  for (const how of ['TERM', 'abandoned'] as const) {
    const orphaned = await orphan(t)
    const { link } = orphaned
    const pid = (await link.heard('welcome')).fields.pid
    if (how === 'TERM') process.kill(pid, 'SIGTERM')
    else {
      link.send(encodeCommand('config', 0, { abandonMs: 50, graceMs: 50, keep: 0 }))
      await count(link, 1)
      link.socket.destroy()
    }
    await eventually('the keeper has left', () => !isRunning(pid))
    t.same(running(orphaned), [LOST], how)
  }
})

checkKeeper('one that keeps what it has stays as long as something of the killed one lives', async t => {
  const orphaned = await orphan(t)
  const { link } = orphaned
  const pid = (await link.heard('welcome')).fields.pid
  link.send(encodeCommand('config', 0, { abandonMs: 50, graceMs: 50, keep: 1 }))
  await count(link, 1)
  link.socket.destroy()
  await link.closed
  const again = await greeted({ folder: orphaned.folder })
  t.ok((await count(again, 2)) >= FOUND.length)
  t.same(running(orphaned), [...FOUND, LOST])
  t.ok(isRunning(pid))
})
