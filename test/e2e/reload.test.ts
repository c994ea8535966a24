/** Reading the config again while services run: shown first, taken whole or not at all. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { connect } from '../../src/client/connect.js'
import { launcherName } from '../../src/launcher/choose.js'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { openGarden } from '../support/garden.js'
import { eventually } from '../support/processes.js'

/** Ends when it may, not when it is told to. */
const WEB =
  '  web: { command: [sh, -c, \'trap "" TERM; while [ ! -e go ]; do sleep 0.05; done\'], spawn: { limits: { grace: 1m } } }\n'

const skip = launcherName() === 'portable' ? 'portable mode has no up' : false

t.test('reload shows first and changes nothing, then takes the whole config and ends nothing', { skip }, async t => {
  const { folder, client, write } = await openGarden(t)
  await client.setLimits('web', { depth: 5 })
  const rootOf = async () =>
    (await client.tree()).processes.find(({ kind, service }) => kind === 'root' && service === 'web')?.pid
  const root = await rootOf()
  write('        children: 4\n        depth: 6', '    env: { KEY: secret }\n  late:\n    command: sleep 300\n')
  const dry = await cli(t, folder, ['reload', '--dry-run'])
  t.match(dry, {
    code: 0,
    out: /^web: children 9 -> 4\nweb: depth stays as it was set, .*\nweb: env: from its next start\nlate: would be started\n$/,
  })
  t.equal((await client.limits('web'))[0].limits.children, 9)
  t.match((await client.tree()).services, [{ name: 'web' }])
  t.equal((await client.tree()).services.length, 1)
  t.match(await cli(t, folder, ['reload']), { code: 0, out: /web: children 9 -> 4\n[\s\S]*late: started\n/ })
  t.match(await client.limits('web'), [{ limits: { children: 4, depth: 5 }, origins: { children: { line: 6 } } }])
  t.equal(await rootOf(), root, 'what ran runs on')
  await client.setLimits('web', {}, { configured: ['depth'] })
  t.equal((await client.limits('web'))[0].limits.depth, 6)
  t.match(await cli(t, folder, ['reload', '--json']), { out: /^{"v":1,"dryRun":false,"changes":\[\]}\n$/ })
  write('        children: 4\n        depth: 6')
  t.match(await cli(t, folder, ['reload']), { out: /late: no longer in the file, runs on/ })
})

t.test('a config of which one new service does not start is taken not at all', { skip }, async t => {
  const { folder, client, write } = await openGarden(t)
  write('        children: 4', '  first:\n    command: sleep 300\n  second:\n    command: no-such-program\n')
  t.match(await cli(t, folder, ['reload']), { code: 1, err: /nothing was changed: .*no-such-program/ })
  t.equal((await client.limits('web'))[0].limits.children, 9)
  t.match((await client.tree()).services, [{ name: 'web' }])
  t.equal((await client.tree()).services.length, 1)
  t.match(JSON.parse((await cli(t, folder, ['status', '--json'])).out).keepers, [{ service: 'web' }])
  write('        children: many')
  t.match(await cli(t, folder, ['reload']), { code: 7, err: /nothing was changed: .*espalier\.yaml:6:\d+: .*children/ })
  write('        children: 4', '  first:\n    command: sleep 300\n  second:\n    command: sleep 300\n')
  t.match(await cli(t, folder, ['reload']), { code: 0, out: /first: started\nsecond: started/ })
  t.match(await cli(t, folder, ['ps']), { out: /first[\s\S]*second/ })
})

t.test('while all is being ended nothing is reloaded', { skip }, async t => {
  const folder = privateFolder(t)
  const write = (more: string) => writeFileSync(join(folder, 'espalier.yaml'), `services:\n${WEB}${more}`)
  write('')
  t.match(await cli(t, folder, ['up']), { code: 0 })
  const down = startCli(t, folder, ['down'])
  const client = connect({ socket: join(folder, 'control.sock') })
  await eventually('web is ending', async () => (await client.tree()).processes.some(({ state }) => state === 'ending'))
  write('  late: { command: sleep 300 }\n')
  t.match(await cli(t, folder, ['reload']), { code: 1, err: /everything here ends/ })
  writeFileSync(join(folder, 'go'), '')
  t.match(await down.ended, { code: 0, out: 'stopped web\n' })
})
