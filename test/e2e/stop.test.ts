/** `espalier stop` while something does not want to end. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'

t.test('stop says who is still there and when KILL comes, and ends when it has', async t => {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'deaf.sh'), `trap '' TERM; echo deaf; while :; do sleep 300; done\n`)
  writeFileSync(
    join(folder, 'espalier.yaml'),
    'services: { deaf: { command: sh deaf.sh, spawn: { limits: { grace: 4s } } } }\n',
  )
  await startCli(t, folder, ['run']).says(/deaf \| deaf/)
  const { code, out, err } = await cli(t, folder, ['stop', 'deaf'])
  t.match({ code, out }, { code: 0, out: 'stopped deaf\n' })
  t.match(err, /^deaf: \d still there, KILL in [123](\.\d)?s: deaf \(pid \d+\)/m)
})
