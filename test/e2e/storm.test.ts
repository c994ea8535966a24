/** The storm of the examples, in small: it judges by itself whether every limit held. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { PROJECT_ROOT } from '../support/root.js'

const KINDS = 'bomb,deaf,eater'
const skip = launcherName() === 'portable' && 'portable mode loses forks that leave their group'

t.test('no limit is passed in a storm, nothing is left of it, and no other service notices', { skip }, async t => {
  const storm = join(PROJECT_ROOT, 'examples', 'storm', 'storm.mjs')
  const child = spawn(
    process.execPath,
    [storm, '--services', '2', '--children', '3', '--round', '1s', '--kinds', KINDS],
    {
      // What tap puts into the environment slows each command line down.
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  t.teardown(() => child.kill('SIGTERM'))
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      said += text
    })
  const [code] = await once(child, 'close')
  t.equal(code, 0, said)
  t.match(said, /^deaf +1 +\d+\/40 .* 0$/m)
  t.match(said, /^\d rounds, 0 violations$/m)
})
