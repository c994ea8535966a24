/** Whom the marks of a dead keeper name, and whom they do not. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { PID_MAX } from '../../../protocol/ids.js'
import { findRemains, listMarked } from '../../../src/keeper/remains.js'
import { TEST_ENV } from '../../launcher/processes.js'
import { privateFolder } from '../../support/folder.js'

const skip = existsSync('/proc/self/environ') ? false : 'nothing is found without /proc'

/** Nobody's: no walk up from a process gets there. */
const NOBODY = PID_MAX

const GENERATION = 1_700_000_000_000_000n

/** A folder with the journal of a keeper that is no more. */
function remains(t: Test, magic = 0x314c_4150_5345_0001n): string {
  const folder = privateFolder(t)
  const head = Buffer.alloc(32)
  for (const [at, value] of [magic, GENERATION, 1n].entries()) head.writeBigUInt64LE(value, at * 8)
  writeFileSync(join(folder, 'exits.0'), head)
  return folder
}

async function start(t: Test, env: Readonly<Record<string, string>>, detached = true): Promise<ChildProcess> {
  const child = spawn('sleep', ['300'], { env: { ...TEST_ENV, ...env }, stdio: 'ignore', detached })
  await once(child, 'spawn')
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })
  return child
}

t.test('the leaders of a group that bear mark and socket are found, with their place', { skip }, async t => {
  const folder = remains(t)
  const own = { ESPALIER_NODE: `${GENERATION}.7`, ESPALIER_SOCKET: join(folder, 'spawn.sock') }
  const root = await start(t, { ...own, SPAWN_DEPTH: '0', SPAWN_PARENT_PID: '12' })
  const child = await start(t, { ...own, SPAWN_DEPTH: '1', SPAWN_PARENT_PID: 'x' })
  await start(t, own, false)
  await start(t, { ...own, ESPALIER_NODE: `${GENERATION + 1n}.7` })
  await start(t, { ...own, ESPALIER_NODE: `${GENERATION}.7.7` })
  await start(t, { ...own, ESPALIER_SOCKET: join(folder, 'other', 'spawn.sock') })
  const found = findRemains(folder, NOBODY, listMarked(new Set()))
  const places = found.map(({ pid, nodeId, isRoot, askerPid, command }) => ({ pid, nodeId, isRoot, askerPid, command }))
  t.same(
    places.toSorted((a, b) => Number(b.isRoot) - Number(a.isRoot)),
    [
      { pid: root.pid, nodeId: 7, isRoot: true, askerPid: 12, command: 'sleep 300' },
      { pid: child.pid, nodeId: 7, isRoot: false, askerPid: null, command: 'sleep 300' },
    ],
  )
  t.same(
    findRemains(folder, process.pid, listMarked(new Set())),
    [],
    'what descends from the keeper that runs is its own',
  )
})

t.test(
  'of processes whose keeper is known nothing is read; of marks that were read before, those who have ended since are none',
  {
    skip,
  },
  async t => {
    const folder = remains(t)
    const own = { ESPALIER_NODE: `${GENERATION}.7`, ESPALIER_SOCKET: join(folder, 'spawn.sock') }
    const [kept, left, ended] = [await start(t, own), await start(t, own), await start(t, own)]
    const marked = listMarked(new Set([Number(kept.pid)]))
    const exit = once(ended, 'exit')
    ended.kill('SIGKILL')
    await exit
    t.same(
      findRemains(folder, NOBODY, marked).map(({ pid }) => pid),
      [left.pid],
    )
  },
)

t.test('without a journal, or with one that is none, nobody is found', { skip }, async t => {
  for (const folder of [privateFolder(t), remains(t, 1n)]) {
    await start(t, { ESPALIER_NODE: `${GENERATION}.7`, ESPALIER_SOCKET: join(folder, 'spawn.sock') })
    t.same(findRemains(folder, NOBODY, listMarked(new Set())), [])
  }
})
