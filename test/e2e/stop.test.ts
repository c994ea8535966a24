/** `espalier stop`, `start` and `restart` of one service. */

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning } from '../support/processes.js'

t.test('stop says who is still there and when KILL comes, and ends when it has', async t => {
  const folder = privateFolder(t)
  writeFileSync(
    join(folder, 'deaf.mjs'),
    "process.on('SIGTERM', () => undefined)\nconsole.log('deaf')\nsetInterval(() => undefined, 1e6)\n",
  )
  writeFileSync(
    join(folder, 'espalier.yaml'),
    'services: { deaf: { command: node deaf.mjs, spawn: { limits: { grace: 1h } } } }\n',
  )
  await startCli(t, folder, ['run']).says(/deaf \| deaf/)
  const stop = startCli(t, folder, ['stop', 'deaf'])
  let pid = 0
  await eventually('it says who is still there', () => {
    pid = Number(/^deaf: 1 still there, KILL in (?:1h|5\d(?:\.\d)?m): deaf \(pid (\d+)\)$/m.exec(stop.err())?.[1] ?? 0)
    return pid > 0
  })
  // What comes after the grace comes now.
  process.kill(pid, 'SIGKILL')
  t.match(await stop.ended, { code: 0, out: 'stopped deaf\n' })
})

t.test(
  'start and restart start one service of a running daemon, with those it waits for, and say what was',
  async t => {
    const folder = privateFolder(t)
    writeFileSync(
      join(folder, 'espalier.yaml'),
      `services:
  base: { command: sleep 300 }
  web: { command: sleep 300, depends_on: base }
  broken: { command: 'false', restart: { policy: always, backoff: { first: 1ms, longest: 1ms }, intensity: 1/1m } }
`,
    )
    const up = await cli(t, folder, ['up'])
    t.equal(up.code, 0, up.err)
    t.teardown(() => cli(t, folder, ['down']))
    const status = (await cli(t, folder, ['status'])).out.split('\n').filter(line => / root /.test(line))
    t.equal(status.length, 3)
    t.equal(new Set(status.map(line => line.indexOf(' root '))).size, 1, 'status has columns')
    const pidsOf = async () => JSON.parse((await cli(t, folder, ['ps', '--json'])).out).processes
    const rootOf = async (name: string) =>
      (await pidsOf()).find((one: { readonly service: string }) => one.service === name)?.pid
    const first = await rootOf('web')
    t.match(await cli(t, folder, ['start', 'web']), { code: 0, out: `web runs already (pid ${first})\n` })

    const again = await cli(t, folder, ['restart', 'web'])
    const second = Number(/^web restarted \(pid (\d+)\)\n$/.exec(again.out)?.[1])
    t.ok(second > 0 && second !== first, again.out + again.err)
    t.equal(await rootOf('web'), second)
    t.notOk(isRunning(first))

    t.match(await cli(t, folder, ['stop', 'web']), { code: 0 })
    t.match(await cli(t, folder, ['stop', 'base']), { code: 0 })
    t.equal(await rootOf('web'), undefined)
    t.match(await cli(t, folder, ['start', 'web']), { code: 0, out: /^web started \(pid \d+\)\n$/ })
    t.ok(await rootOf('base'), 'what it waits for is there again')

    t.match(await cli(t, folder, ['start', 'wep']), { code: 3, err: /no service "wep" here\. Did you mean web\?/ })
    t.match(await cli(t, folder, ['start']), { code: 2 })
    await cli(t, folder, ['down'])
    t.notOk(isRunning(second))
    t.match(await cli(t, folder, ['start', 'web']), { code: 6, err: /no daemon runs there/ })
  },
)

t.test('a service that does not come up says why, and the others go on', async t => {
  const folder = privateFolder(t)
  // Time enough where it is to come up, and little where it cannot.
  const write = (timeout: string) =>
    writeFileSync(
      join(folder, 'espalier.yaml'),
      `services:
  web: { command: sleep 300, ready: { exec: test -e good, timeout: ${timeout}, interval: 50ms } }
  other: { command: sleep 300 }
`,
    )
  writeFileSync(join(folder, 'good'), '')
  write('5m')
  t.match(await cli(t, folder, ['up']), { code: 0 })
  t.teardown(() => cli(t, folder, ['down']))
  rmSync(join(folder, 'good'))
  write('200ms')
  t.match(await cli(t, folder, ['reload']), { code: 0 })
  const late = await cli(t, folder, ['restart', 'web'])
  t.match(late, { code: 5, err: /web was not started: .*not ready/ })
  t.match(await cli(t, folder, ['ps', '-q']), { out: /^\d+\n$/ }, 'what was started of it has ended')
  writeFileSync(join(folder, 'good'), '')
  write('5m')
  t.match(await cli(t, folder, ['reload']), { code: 0 })
  t.match(await cli(t, folder, ['start', 'web']), { code: 0, out: /^web started/ })
})
