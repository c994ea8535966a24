/** What a keeper does with the control groups of its service. */

import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { KEEPER_FLAGS, SPAWN_STEPS } from '../../protocol/keeper/messages.js'
import type { Cgroup } from '../../src/os/cgroup-places.js'
import { privateFolder } from '../support/folder.js'
import { EATER, lacking, testGroups } from '../support/groups.js'
import { checkKeeper as check, greeted, startRawKeeper } from '../support/keeper.js'
import { eventually, isRunning } from '../support/processes.js'

const { SIGKILL } = constants.signals
const QUOTA = 32 * 1024 * 1024

check('who the kernel ends for want of memory has died of that, and whoever else is killed has not', async t => {
  const skip = lacking('memory')
  if (skip) return t.comment(skip)
  const { procs, memory } = testGroups(t, { tasks: 100, memoryBytes: QUOTA })
  const keeper = await startRawKeeper(t, {}, undefined, procs)
  t.notMatch(readFileSync(`/proc/${keeper.pid}/cgroup`, 'utf8'), /espalier-test/, 'the keeper stays outside')
  const link = await greeted(keeper)
  link.spawn(1, 'exec sleep 100')
  link.spawn(2, EATER)
  const [{ fields: calm }] = await Promise.all([link.heard('started', 1), link.heard('started', 2)])
  t.match((await link.heard('exit', 2)).fields, { signal: SIGKILL, reason: KEEPER_FLAGS.reason_oom })
  t.ok(isRunning(calm.pid), 'one beside it lives')
  t.ok(mostUsed(memory) <= QUOTA, 'the kernel let them have no more')
  process.kill(calm.pid, 'SIGKILL')
  t.match((await link.heard('exit', 1)).fields, { signal: SIGKILL, reason: 0 })
})

check('a spawn where the group is full fails as a fork there does', async t => {
  const skip = lacking('tasks')
  if (skip) return t.comment(skip)
  const { procs } = testGroups(t, { tasks: 2, memoryBytes: null })
  const link = await greeted(await startRawKeeper(t, {}, undefined, procs))
  for (const id of [1, 2, 3]) link.spawn(id, 'exec sleep 100')
  await link.heard('started', 2)
  const { fields } = await link.heard('failed', 3)
  t.equal(fields.error, constants.errno.EAGAIN)
  t.equal(SPAWN_STEPS[fields.step - 1], 'limits')
})

const ways: readonly [string, string, (place: Cgroup) => boolean][] = [
  ['version 2 ends its group at a stroke', 'cgroup.kill', ({ version }) => version === 2],
  ['version 1 stops its group and ends it', 'freezer.state', ({ controllers }) => controllers.includes('freezer')],
]
for (const [way, file, wanted] of ways) {
  check(`${way}, with those in it whom no look can find`, async t => {
    const { procs } = testGroups(t, { tasks: 100, memoryBytes: null }, wanted)
    const [group] = procs
    if (group === undefined || !existsSync(join(dirname(group), file))) return t.comment(`${file} cannot be had here`)
    const keeper = await startRawKeeper(t, {}, undefined, procs)
    const link = await greeted(keeper)
    link.spawn(
      1,
      'trap "" TERM; (setsid sh -c "trap \\"\\" TERM; while :; do sleep 100; done" &) ; while :; do sleep 100; done',
    )
    const { pid } = (await link.heard('started', 1)).fields
    const outside = startOutside(t)
    writeFileSync(group, String(outside))
    const members = () => readFileSync(group, 'utf8').split('\n').filter(Boolean).map(Number)
    await eventually('they are all in it', () => members().length >= 5)
    t.ok(members().includes(pid))
    const all = members()
    link.end(1, [0])
    t.match((await link.heard('ended', 1)).fields, { stuck: 0 })
    await eventually('all of them are gone', () => !all.some(isRunning))
    link.ack(Number.MAX_SAFE_INTEGER)
    await eventually('the keeper has left', () => !isRunning(keeper.pid))
    t.notOk(existsSync(dirname(group)), 'their group is gone with it')
  })
}

check('the files of version 2 are understood: its count of ends, and its order to end', async t => {
  const folder = privateFolder(t)
  const events = (kills: number) =>
    writeFileSync(join(folder, 'memory.events'), `low 0\nhigh 3\nmax 7\noom 2\noom_kill ${kills}\noom_group_kill 9\n`)
  const stand = { 'cgroup.procs': '', 'cgroup.kill': '', 'pids.current': '1\n', 'pids.max': 'max\n' }
  for (const [name, text] of Object.entries(stand)) writeFileSync(join(folder, name), text)
  events(4)
  const procs = [join(folder, 'cgroup.procs')]
  const link = await greeted(await startRawKeeper(t, {}, undefined, procs))
  for (const id of [1, 2, 3]) link.spawn(id, 'exec sleep 100')
  const pids = await Promise.all([1, 2, 3].map(async id => (await link.heard('started', id)).fields.pid))
  t.match(readFileSync(procs[0], 'utf8'), /^0+$/, 'they have joined')
  process.kill(pids[0], 'SIGKILL')
  t.match((await link.heard('exit', 1)).fields, { signal: SIGKILL, reason: 0 }, 'what was counted before is no news')
  events(5)
  process.kill(pids[1], 'SIGKILL')
  t.match((await link.heard('exit', 2)).fields, { signal: SIGKILL, reason: KEEPER_FLAGS.reason_oom })
  link.end(1, [0])
  t.match((await link.heard('ended', 1)).fields, { stuck: 0 })
  t.match(readFileSync(join(folder, 'cgroup.kill'), 'utf8'), /^1+$/, 'said with each pass')
})

/** One that is no descendant of the keeper. Gives its pid. */
function startOutside(t: Test): number {
  const child = spawn('sleep', ['100'], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  if (child.pid === undefined) throw new Error('sleep cannot be started')
  return child.pid
}

/** Most bytes that a group ever had. */
function mostUsed(memory: string | null): number {
  const names = ['memory.peak', 'memory.max_usage_in_bytes'].map(name => join(memory ?? '', name))
  const file = names.find(existsSync)
  return file === undefined ? 0 : Number(readFileSync(file, 'utf8'))
}
