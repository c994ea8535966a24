/** The daemon is killed: what it ran lives on under its keepers until the next run, which starts no second copy beside it. */

import t from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning } from '../support/processes.js'

const skip = launcherName() === 'portable' ? 'portable mode keeps nothing' : false

t.test('after kill -9 of a run its children live; the next run ends them and starts its own', { skip }, async t => {
  const folder = privateFolder(t)
  // A child, and a fork of it that nobody asked for.
  const script = 'sleep 300 & echo fork=$!; echo pid=$$; exec sleep 300'
  const first = startCli(t, folder, ['run', '--', 'sh', '-c', script])
  const left = [Number((await first.says(/fork=(\d+)/))[1]), Number((await first.says(/pid=(\d+)/))[1])]
  first.child.kill('SIGKILL')
  t.equal((await first.ended).code, 137)
  t.same(left.map(isRunning), [true, true], 'they live without it')
  const second = startCli(t, folder, ['run', '--', 'sh', '-c', script])
  const pid = Number((await second.says(/pid=(\d+)/))[1])
  t.same(left.map(isRunning), [false, false], 'there is no second copy')
  t.ok(isRunning(pid))
  second.child.kill('SIGTERM')
  t.equal((await second.ended).code, 143)
  await eventually('its child is gone', () => !isRunning(pid))
})
