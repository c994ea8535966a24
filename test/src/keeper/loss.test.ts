/** What is lost when a link breaks (nothing), and when a keeper dies (how its processes end). */

import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { temporaryHome } from '../../../src/keeper/directory.js'
import { createKeeperLauncher } from '../../../src/keeper/launcher.js'
import type { Launcher, LaunchRequest } from '../../../src/launch.js'
import { readIdentity } from '../../../src/os/process.js'
import { firstLine, isRunning, readAll, TEST_ENV } from '../../launcher/processes.js'
import { privateFolder } from '../../support/folder.js'
import { checkKeeper, connectRaw } from '../../support/keeper.js'
import { eventually } from '../../support/processes.js'

checkKeeper(
  'a link that breaks under spawns loses no process, starts none twice and tells every exit once',
  async t => {
    const { launcher, folder } = open(t)
    const log = join(privateFolder(t), 'log')
    const first = await launcher.launch(shell('exec sleep 100'))
    let isDone = false
    const thief = (async () => {
      for (let thefts = 0; !isDone || thefts < 5; thefts++) {
        const link = await connectRaw({ folder: folder() })
        link.hello()
        // Or the launcher was back before the thief was told all.
        await Promise.race([link.heard('live_end'), link.closed])
        link.socket.destroy()
        await link.closed
      }
    })()
    const launches = Array.from({ length: 150 }, (_, at) =>
      launcher.launch(shell(`echo ${at} >> ${log}; echo out ${at}; exit ${at % 100}`)),
    )
    const children = await Promise.all(launches)
    isDone = true
    await thief
    for (const [at, child] of children.entries()) t.match(await child.exited, { exitCode: at % 100, reason: 'self' })
    const ran = readFileSync(log, 'utf8').trim().split('\n').map(Number)
    t.same(
      ran.sort((a, b) => a - b),
      [...launches.keys()],
    )
    t.ok(isRunning(first.pid))
    t.same(launcher.living(), [first.pid])
  },
)

checkKeeper('orders given while the link is broken are carried out over the next', async t => {
  const { launcher, folder } = open(t)
  const child = await launcher.launch(shell('trap "" TERM; echo ready; while :; do sleep 0.05; done'))
  await firstLine(child.stdout)
  const ended = launcher.end([child.pid], 'ttl', 100)
  const thief = await connectRaw({ folder: folder() })
  thief.hello()
  await thief.heard('live_end')
  await ended
  t.match(await child.exited, { signal: constants.signals.SIGKILL, reason: 'ttl' })
})

checkKeeper('when a keeper dies its processes run on, can be ended, and how they ended is unknown', async t => {
  const { launcher, keeperPid, folder } = open(t)
  const [stays, ends, leaves] = await Promise.all([
    launcher.launch(shell('exec sleep 100')),
    launcher.launch(shell('exec sleep 100')),
    launcher.launch(shell('read line; exit 3', { stdin: 'pipe' })),
  ])
  const warned = new Promise(settle => process.once('warning', settle))
  process.kill(keeperPid(), 'SIGKILL')
  t.match(await warned, { message: /keeper of service svc is lost/ })
  t.same(new Set(launcher.living()), new Set([stays.pid, ends.pid, leaves.pid]))
  t.ok([stays, ends, leaves].every(({ pid }) => isRunning(pid)))
  leaves.stdin?.end('\n')
  t.match(await leaves.exited, { exitCode: null, signal: null, reason: 'unknown' })
  await launcher.end([ends.pid], 'quota', 5000)
  t.match(await ends.exited, { reason: 'quota' })
  t.notOk(isRunning(ends.pid))
  const next = await launcher.launch(shell('echo next'))
  t.equal(await readAll(next.stdout), 'next\n', 'the next spawn gets the service a new keeper')
  const place = folder()
  await launcher.endAll('svc', 0)
  t.notOk(isRunning(stays.pid))
  t.same(launcher.living(), [])
  t.notOk(existsSync(dirname(place)), 'what the dead one left is gone too')
})

checkKeeper('a spawn that waits when the keeper dies fails, and an order has nothing more to do', async t => {
  const { launcher, keeperPid } = open(t)
  const child = await launcher.launch(shell('exec sleep 100'))
  const pid = keeperPid()
  process.kill(pid, 'SIGSTOP')
  const spawn = launcher.launch(shell('exec sleep 100'))
  const end = launcher.end([child.pid], 'stop', 5000)
  await new Promise(settle => setImmediate(settle))
  process.kill(pid, 'SIGKILL')
  await t.rejects(spawn, { code: 'launch_failed', message: /ESRCH \(link\)/ })
  await end
  t.notOk(isRunning(child.pid))
})

checkKeeper('ending a service ends its keeper and its folder, and what is launched then gets another', async t => {
  const { launcher, keeperPid, folder } = open(t)
  await launcher.launch(shell('exec sleep 100'))
  const [first, place] = [keeperPid(), folder()]
  const ending = launcher.endAll('svc', 1000)
  const next = await launcher.launch(shell('exec sleep 100'))
  await ending
  await eventually('the first keeper is gone', () => !isRunning(first))
  t.ok(isRunning(next.pid))
  t.not(keeperPid(), first)
  await launcher.endAll(null, 0)
  t.notOk(isRunning(next.pid))
  t.throws(() => readFileSync(join(place, 'lock')), { code: 'ENOENT' })
})

/** A launcher, and where the keeper of its service `svc` is. */
function open(t: Test) {
  const home = temporaryHome()
  const launcher: Launcher = createKeeperLauncher(home)
  t.teardown(() => launcher.endAll(null, 0))
  const folder = () => home.folderOf('svc')
  const keeperPid = () => {
    const [pid, ticks] = readFileSync(join(folder(), 'lock'), 'utf8').split(' ').map(Number)
    t.equal(readIdentity(pid)?.startTicks, ticks)
    return pid
  }
  return { launcher, folder, keeperPid }
}

function shell(script: string, over: Partial<LaunchRequest> = {}): LaunchRequest {
  return { service: 'svc', command: 'sh', args: ['-c', script], env: TEST_ENV, stdin: 'ignore', ...over }
}
