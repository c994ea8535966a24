/** What a daemon has acknowledged the next one knows, whatever became of the first. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Explanation } from '../../protocol/wire/past.js'
import { background, up } from '../support/background.js'
import { cli } from '../support/cli.js'
import { eventually, isRunning } from '../support/processes.js'

const CONFIG = `services:
  web:
    command: sh service.sh
    spawn:
      mode: dynamic
      limits: { children: 1, grace: 200ms }
`
const SERVICE = `./espalier spawn --name quick --wait -- env PASSWORD=hunter2 sh -c 'exit 3' > quick
./espalier spawn --name kid -- sleep 60 > kid
./espalier spawn --name more -- sleep 60 2> more
exec sleep 60
`

t.test('history and why answer for what was before a daemon that was killed', async t => {
  const folder = background(t, CONFIG, SERVICE)
  const ask = (...args: string[]) => cli(t, folder, args)
  const daemon = await up(t, folder)
  let decision = ''
  await eventually('a spawn is refused', async () => {
    const { out } = await ask('history', '--json')
    const more = existsSync(join(folder, 'more')) ? readFileSync(join(folder, 'more'), 'utf8') : ''
    decision = /why (\d+-\d+)/.exec(more)?.[1] ?? ''
    return out.includes('quick') && decision !== ''
  })
  const before = await ask('history', '--json')
  const refused = await ask('why', decision, '--json')
  process.kill(daemon, 'SIGKILL')
  await eventually('the daemon is gone', () => !isRunning(daemon))

  await up(t, folder)
  t.equal((await ask('history', '--json')).out, before.out, 'the same end, once')
  t.match(before.out, /^{"v":1,/)
  t.notMatch(before.out, 'hunter2')
  t.same(JSON.parse((await ask('why', decision, '--json')).out), JSON.parse(refused.out))
  const kid = JSON.parse((await ask('why', 'kid', '--json')).out) as Explanation
  t.match(kid, { kind: 'living', chain: [{ name: 'web' }, { name: 'kid' }] })
  t.equal((await ask('down')).code, 0)

  await up(t, folder)
  t.match((await ask('history', 'kid')).out, /web:kid .* stop /, 'an end by order outlives the daemon that gave it')
})

t.test('spawns for life and times to live go on counting under the next daemon', async t => {
  const limits = 'limits: { lifetime: 3, rate: none, grace: 200ms }'
  const service = `for at in 1 2; do ./espalier spawn --name c$at --wait -- true; done
./espalier spawn --name brief --ttl 12s -- sleep 60
touch ready
while ! test -e again; do sleep 0.1; done
./espalier spawn --name over -- true 2> over
exec sleep 60
`
  const folder = background(t, CONFIG.replace(/limits: .*/, limits), service)
  const daemon = await up(t, folder)
  await eventually('all is spawned', () => existsSync(join(folder, 'ready')))
  const { process: brief } = JSON.parse((await cli(t, folder, ['why', 'brief', '--json'])).out)
  process.kill(daemon, 'SIGKILL')
  await eventually('the daemon is gone', () => !isRunning(daemon))

  await up(t, folder)
  writeFileSync(join(folder, 'again'), '')
  const refused = () => existsSync(join(folder, 'over')) && readFileSync(join(folder, 'over'), 'utf8')
  await eventually('it is refused', () => /lifetime 3, now 3/.test(refused() || ''))
  await eventually('its time is over', () => !isRunning(brief.pid))
  const [end] = (await cli(t, folder, ['history', 'brief', '--json'])).out
    .split('\n')
    .map(line => JSON.parse(line || 'null'))
  t.equal(end.exit.reason, 'ttl')
  const livedMs = end.exit.finishedAt - brief.startedAt
  t.ok(livedMs > 11_000 && livedMs < 20_000, `it lived for ${livedMs} ms of 12 s`)
})
