import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { AdoptedGroup } from '../../../src/keeper/adopted-group.js'
import { readIdentity } from '../../../src/os/process.js'
import { TEST_ENV } from '../../launcher/processes.js'
import { privateFolder } from '../../support/folder.js'
import { eventually, isRunning, startSleep } from '../../support/processes.js'

const NAMES = ['leader', 'fork', 'below']

/** Says its pid in a file of that name, then sleeps; TERM does not end it. */
const DEAF = `trap '' TERM; echo $$ >$1.new; mv $1.new $1; while :; do sleep 0.05; done`

/** A fork in a session of its own, and one of that in yet another: only their parents tell whose they are. */
const FAMILY = `
setsid sh -c '(exec setsid sh deaf.sh below) & exec sh deaf.sh fork' &
exec sh deaf.sh leader
`

t.test('an order to an adopted process ends what hangs below it in other sessions, and nobody else', async t => {
  const stranger = startSleep(t)
  const { group, pids } = await startFamily(t)
  await group.end('stop', 50)
  t.same(pids.filter(isRunning), [])
  t.equal(group.order, 'stop')
  t.ok(isRunning(stranger.pid))
})

t.test('whoever ends at TERM is not killed, and the order is over before its grace', async t => {
  const { group, pids, folder } = await startFamily(
    t,
    `trap 'echo polite >$1.end; exit 0' TERM; ${DEAF.slice(DEAF.indexOf('echo'))}`,
  )
  // A grace that the test would not live to see the end of.
  await group.end('stop', 3_600_000)
  t.same(pids.filter(isRunning), [])
  for (const name of NAMES) t.ok(existsSync(join(folder, `${name}.end`)), name)
})

t.test('a second order shortens the grace of the first', async t => {
  const { group, pids } = await startFamily(t)
  const first = group.end('ttl', 3_600_000)
  await group.end('stop', 0)
  await first
  t.same(pids.filter(isRunning), [])
  t.equal(group.order, 'ttl')
})

async function startFamily(t: Test, member = DEAF) {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'deaf.sh'), member)
  const child = spawn('sh', ['-c', FAMILY], { cwd: folder, detached: true, stdio: 'ignore', env: TEST_ENV })
  const pid = child.pid ?? 0
  const exited = once(child, 'exit')
  await eventually('all run', () => NAMES.every(name => existsSync(join(folder, name))))
  const pids = NAMES.map(name => Number(readFileSync(join(folder, name), 'utf8')))
  t.teardown(() => {
    for (const one of pids.filter(isRunning)) process.kill(one, 'SIGKILL')
  })
  const identity = readIdentity(pid)
  const group = new AdoptedGroup({ pid, startTicks: identity?.startTicks ?? 0, exited }, 'svc')
  exited.then(() => group.leaderExited())
  return { group, pids, folder }
}
