/** Limits that are changed while services run, by command and by API; and where each comes from. */

import t from 'tap'
import { LIMIT_KEYS } from '../../protocol/limits.js'
import { launcherName } from '../../src/launcher/choose.js'
import { cli } from '../support/cli.js'
import { openGarden } from '../support/garden.js'
import { eventually, isRunning } from '../support/processes.js'

const skip = launcherName() === 'portable' ? 'portable mode has no daemon that is taken over' : false

t.test('each limit says where it comes from: default, file and line, command, API', { skip }, async t => {
  const { folder, client } = await openGarden(t)
  t.match(await cli(t, folder, ['limits', 'set', 'web', 'depth=5']), { code: 0, out: 'web: depth 3 -> 5\n' })
  await client.setLimits('web', { rate: '7/1s' })
  const { out } = await cli(t, folder, ['limits', 'get', 'web'])
  t.match(out, /^web\n {2}LIMIT +VALUE +FROM\n/)
  t.match(out, /children +9 +espalier\.yaml:6\n/)
  t.match(out, /depth +5 +espalier limits set, \d{4}-\d\d-\d\dT[\d:]+Z\n/)
  t.match(out, /\n {2}rate +7\/1s +API, \d{4}/)
  t.match(out, /keep_exited +100 +default\n/)
  const { services } = JSON.parse((await cli(t, folder, ['limits', 'get', 'web', '--json'])).out)
  t.match(services[0].limits, { children: { value: 9, origin: { from: 'file', line: 6 } } })
})

t.test('below a lowered limit nothing ends, new spawns are refused, and all listings say so', { skip }, async t => {
  const { folder, client, spawn } = await openGarden(t)
  for (let i = 0; i < 3; i++) t.match(await spawn(), /code 0/)
  const set = await cli(t, folder, ['limits', 'set', 'web', 'descendants=1', 'children=2'])
  t.match(set, { code: 0, out: /children 9 -> 2\n.*descendants 500 -> 1\n/ })
  t.match(set.out, /children 3\/2 over its limit\n.*descendants 3\/1 over its limit/)
  t.match(await spawn(), /Descendant limit exceeded[\s\S]*code 4/)
  for (const command of ['status', 'tree']) {
    const { out } = await cli(t, folder, [command])
    t.match(out, /children 3\/2 over its limit/, command)
    t.match(out, /descendants 3\/1 over its limit/, command)
  }
  const { services } = await client.tree()
  t.match(services[0], {
    liveDescendants: 3,
    over: [{ limit: 'children' }, { limit: 'descendants', allowed: 1, used: 3 }],
  })
  t.match(await cli(t, folder, ['limits', 'set', 'web', 'descendants=configured', 'children=configured']), { code: 0 })
  t.match(await spawn(), /code 0/, 'given back, it spawns again')
})

t.test('every limit can be set, and a wrong one sets none', { skip }, async t => {
  const { folder, client } = await openGarden(t)
  const values: Readonly<Record<keyof typeof LIMIT_KEYS, string>> = {
    depth: '4',
    children: '8',
    descendants: '30',
    totalMemory: '2G',
    terminationPolicy: 'orphan',
    rate: '9/2s',
    serviceRate: '40/1m',
    lifetime: '1000',
    memoryAction: 'kill_newest',
    ttlMaxMs: '2h',
    graceMs: '750ms',
    tasks: '400',
    countPeripherals: 'true',
    strict: 'true',
    keepExited: '7',
    ticketTtlMs: '3s',
    counting: 'tracked',
  }
  const pairs = Object.entries(values).map(([name, text]) => `${LIMIT_KEYS[name as keyof typeof values].yaml}=${text}`)
  t.match(await cli(t, folder, ['limits', 'set', 'web', ...pairs]), { code: 0 })
  const { out } = await cli(t, folder, ['limits', 'get'])
  for (const pair of pairs) t.match(out, new RegExp(`${pair.replace('=', ' +')} +espalier limits set`), pair)
  const wrong = await cli(t, folder, ['limits', 'set', 'web', 'depth=2', 'childern=1', 'rate=fast', 'grace'])
  t.match(wrong, {
    code: 2,
    out: '',
    err: /"grace" is no limit with a value[\s\S]*childern: .*Did you mean children\?\n.*rate: "fast"/,
  })
  t.equal((await client.limits('web'))[0].limits.depth, 4)
  t.match(await cli(t, folder, ['limits', 'set', 'wbe', 'depth=2']), { code: 3, err: /Did you mean web\?/ })
  t.match(await cli(t, folder, ['limits', 'get', 'wbe']), { code: 3, err: /There is web/ })
})

t.test('a daemon that takes over keeps what was set; one that begins anew does not', { skip }, async t => {
  const { folder, client } = await openGarden(t)
  await cli(t, folder, ['limits', 'set', 'web', 'children=2', 'grace=300ms'])
  const daemonPid = await client.ping()
  process.kill(daemonPid, 'SIGKILL')
  await eventually('the daemon is gone', () => !isRunning(daemonPid))
  t.match(await cli(t, folder, ['up']), { code: 0 })
  t.match(await client.limits(), [
    { limits: { children: 2, graceMs: 300 }, origins: { children: { from: 'command' } } },
  ])
  t.match(await cli(t, folder, ['down']), { code: 0 })
  t.match(await cli(t, folder, ['up']), { code: 0 })
  t.match(await client.limits(), [{ limits: { children: 9 }, origins: { children: { from: 'file' } } }])
})
