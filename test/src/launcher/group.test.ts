import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { LaunchedGroup } from '../../../src/launcher/group.js'
import { isRunning, TEST_ENV } from '../../launcher/processes.js'

t.test('a group number that came round to a stranger is not signalled', async t => {
  // Our leader is said to be gone, yet a living process bears its pid and leads a group: it can only be another's.
  const stranger = spawn('sleep', ['100'], { detached: true, stdio: 'ignore', env: TEST_ENV })
  const gone = once(stranger, 'exit')
  const pid = stranger.pid ?? 0
  const group = new LaunchedGroup(pid, 'svc', Promise.resolve())
  group.leaderExited()
  await group.end('stop', 0)
  t.ok(await group.isEmpty())
  t.ok(isRunning(pid))
  stranger.kill('SIGKILL')
  await gone
})

t.test('a leader whose forks have all ended leaves nothing', async t => {
  const child = spawn('true', [], { detached: true, stdio: 'ignore', env: TEST_ENV })
  const reaped = once(child, 'exit')
  const group = new LaunchedGroup(child.pid ?? 0, 'svc', reaped)
  t.notOk(await group.isEmpty())
  await reaped
  t.notOk(group.leaderExited())
  t.ok(await group.isEmpty())
  t.equal(group.order, null)
})
