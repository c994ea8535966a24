/** What `run` shows of its services: its own alone, and at nobody's cost. */

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually } from '../support/processes.js'

const skip = launcherName() === 'keeper' ? false : 'portable mode writes no logs'

t.test('a reader that stands still holds no child up, and all that was said is in the log', { skip }, async t => {
  const folder = privateFolder(t)
  const script = `head -c 6000000 /dev/zero | tr '\\0' 'x' | fold -w 99; echo; echo last; touch done; exec sleep 300`
  const run = startCli(t, folder, ['run', '--', 'sh', '-c', script])
  run.child.stdout?.pause()
  await eventually('the child has said all', () => existsSync(join(folder, 'done')))
  t.match((await cli(t, folder, ['logs', '-n', '1'])).out, /\| last$/m)
  run.child.stdout?.resume()
  run.child.kill('SIGTERM')
  t.match((await run.ended).out, /^summary$/m)
})

t.test('two daemons with one state directory and services of one name show each its own', { skip }, async t => {
  const folder = privateFolder(t)
  const other = join(folder, 'other')
  mkdirSync(other, { mode: 0o700 })
  const state = join(folder, 'state')
  const first = startCli(t, folder, ['run', '--state-dir', state, '--', 'sh', '-c', 'echo first; exec sleep 300'])
  await first.says(/^sh \| first$/m)
  const run = ['run', '--state-dir', state, '--runtime-dir', other, '--', 'sh', '-c', 'echo second']
  const second = await cli(t, folder, run)
  t.match(second.out, /^sh \| second$/m)
  t.notMatch(second.out, /first/)
  const logs = await cli(t, folder, ['logs', '--state-dir', state, '--runtime-dir', other])
  t.match(logs.out, /second/)
  t.notMatch(logs.out, /first/)
  first.child.kill('SIGTERM')
  t.notMatch((await first.ended).out, /second/)
})
