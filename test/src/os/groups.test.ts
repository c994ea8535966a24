import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { groupExists, readGroups, signalGroup } from '../../../src/os/groups.js'
import { isRunning, TEST_ENV, until } from '../../launcher/processes.js'

t.test('a group has its leader and its forks, and a signal ends them all', async t => {
  const leader = spawn('sh', ['-c', 'sleep 100 & echo $!; wait'], {
    detached: true,
    env: TEST_ENV,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const gone = once(leader, 'exit')
  const pgid = leader.pid ?? 0
  const [line] = await once(leader.stdout, 'data')
  const fork = Number(line)
  t.ok(groupExists(pgid))
  const members = (await readGroups())?.get(pgid) ?? []
  t.same(members.map(member => member.pid).sort(), [pgid, fork].sort())

  signalGroup(pgid, 'SIGKILL')
  await gone
  await until('the fork is gone', () => !isRunning(fork))
  t.equal((await readGroups())?.get(pgid), undefined, 'those who only wait to be reaped are not counted')
  t.doesNotThrow(() => signalGroup(pgid, 'SIGTERM'))
})

t.test('a group that nobody is in does not exist', async t => {
  t.notOk(groupExists(2 ** 22))
})

t.test('all who ask within one turn get the same count', async t => {
  t.equal(readGroups(), readGroups())
  const [one, other] = await Promise.all([readGroups(), readGroups()])
  t.equal(one, other)
  t.not(await readGroups(), one)
})
