/** A store that cannot be used, or is not as it was written: services run, and it is said. */

import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { background, up } from '../support/background.js'
import { cli } from '../support/cli.js'
import { eventually } from '../support/processes.js'

const CONFIG = `services:
  web:
    command: sh service.sh
    spawn: { mode: dynamic, limits: { grace: 200ms } }
`
const SERVICE = `./espalier spawn --name quick --wait -- true
touch ran
exec sleep 60
`

t.test('where nothing can be stored the services run, and status says so', async t => {
  const folder = background(t, CONFIG, SERVICE)
  await up(t, folder)
  await cli(t, folder, ['down'])
  const state = join(folder, '.local/state/espalier')
  const [store] = readdirSync(state).filter(name => name.startsWith('store-'))
  rmSync(join(state, store), { recursive: true })
  rmSync(join(folder, 'ran'), { force: true })
  writeFileSync(join(state, store), '')
  await up(t, folder)
  t.match((await cli(t, folder, ['status'])).out, /stores nothing: .*store-.* cannot be used.*web +running/s)
  await eventually('its spawns are served', () => existsSync(join(folder, 'ran')))
  t.match((await cli(t, folder, ['history'])).out, /web:quick/)
})

t.test('what is damaged is named in the log, and the rest is answered for', async t => {
  const folder = background(t, CONFIG, SERVICE)
  await up(t, folder)
  await eventually('it spawns', () => existsSync(join(folder, 'ran')))
  await cli(t, folder, ['down'])
  const state = join(folder, '.local/state/espalier')
  const [store] = readdirSync(state).filter(name => name.startsWith('store-'))
  const level = join(state, store, 'level')
  const log = join(level, readdirSync(level).find(name => name.endsWith('.log'))!)
  truncateSync(log, statSync(log).size - 40)
  await up(t, folder)
  t.match(readFileSync(join(folder, 'daemon.log'), 'utf8'), /store: the last \d+ batches are missing.*damaged-1/s)
  t.match((await cli(t, folder, ['history'])).out, /web:quick/)
})
