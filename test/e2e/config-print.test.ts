/** What a config comes to, printed by the built command. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { LIMIT_KEYS } from '../../protocol/limits.js'
import { loadConfig } from '../../src/config/load.js'
import { cli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'

const CONFIG = `version: 1
logs: { max_size: 1MiB }
metrics: { listen: '[::1]:9464' }
services:
  db: { command: pg, ready: { log: 'x # y' } }
  web:
    command: [node, a.js, '#', "a, b", "c\\nd", "\\e[2J"]
    env:
      PORT: 8080
      MOTD: "a\\tb: c"
    cwd: sub
    user: 1000
    nice: 5
    no_new_privs: false
    rlimits: { nofile: 1024, as: 2G, stack: 8M:unlimited, core: unlimited }
    abandoned: 10s
    depends_on: db
    ready: { exec: 'pg_isready -q', interval: 250ms }
    restart: { policy: always, backoff: { first: 40s }, intensity: none }
    on: { exited: notify exited }
    logs: { files: 2 }
    spawn:
      mode: static
      limits: { depth: 5, total_memory: 1000, rate: none, grace: 1500ms, strict: true, ttl_max: 90s }
`

t.test('what is printed is a config that comes to the same', async t => {
  const folder = privateFolder(t)
  const file = join(folder, 'espalier.yaml')
  writeFileSync(file, CONFIG)
  const { code, out, err } = await cli(t, folder, ['config', 'print'])
  t.match({ code, err }, { code: 0, err: '' })
  t.notMatch(out, /[\x1b\t]/, 'nothing in it moves a cursor')
  const again = join(folder, 'again.yaml')
  writeFileSync(again, out)
  t.equal((await cli(t, folder, ['config', 'print', again])).out, out)
  const [before, after] = [await loadConfig(file), await loadConfig(again)]
  for (const [index, service] of before.services.entries()) {
    const { limits, limitOrigins: _, logs: _logs, ...rest } = service
    t.match(after.services[index], rest, service.name)
    t.match(after.services[index].limits, limits)
  }
  t.same(after.metrics, before.metrics)
})

t.test('every limit is there, and each value says where it comes from', async t => {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'espalier.yaml'), CONFIG)
  const { out } = await cli(t, folder, ['config', 'print', '--origin'])
  for (const { yaml } of Object.values(LIMIT_KEYS)) t.match(out, new RegExp(`^ {8}${yaml}: .* # `, 'm'), yaml)
  for (const line of [
    'version: 1  # espalier.yaml:1',
    '      max_size: 1M  # espalier.yaml:2',
    '      files: 5  # default',
    '      files: 2  # espalier.yaml:21',
    '      PORT: "8080"  # espalier.yaml:9',
    '        first: 40s  # espalier.yaml:19',
    '        longest: 40s  # espalier.yaml:19',
    '        children: 100  # default',
    '        descendants: 0  # espalier.yaml:23',
    '        grace: 1500ms  # espalier.yaml:24',
    '    # user: as espalier itself',
    '  listen: "[::1]:9464"  # espalier.yaml:3',
  ])
    t.ok(out.split('\n').includes(line), line)
})

t.test('secrets are hidden, and all that came out of a file of variables', async t => {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'a.env'), 'PLAIN=from-a\nOWN=from-a\n')
  writeFileSync(
    join(folder, 'espalier.yaml'),
    `services:
  a:
    command: [x, --token, hunter2, 'postgres://me:hunter2@host/']
    env: { OWN: mine, DB_PASSWORD: hunter2 }
    env_file: a.env
    ready: { exec: probe --password hunter2 }
    on: { exited: notify --api-key=hunter2 }
`,
  )
  const { out } = await cli(t, folder, ['config', 'print', '--origin'])
  t.notMatch(out, /hunter2|from-a/)
  t.match(out, /^ {6}PLAIN: "\*\*\*" {2}# a\.env$/m)
  t.match(out, /^ {6}OWN: mine {2}# espalier\.yaml:4$/m)
  const json = await cli(t, folder, ['config', 'print', '--json'])
  t.notMatch(json.out, /hunter2|from-a/)
  t.match(JSON.parse(json.out), {
    v: 1,
    config: { services: { a: { user: null, env: { DB_PASSWORD: '***' }, spawn: { limits: { depth: 3 } } } } },
  })
  const placed = await cli(t, folder, ['config', 'print', '--json', '--origin'])
  t.match(JSON.parse(placed.out).config.services.a, {
    env: { PLAIN: { value: '***', origin: { from: 'env_file', file: join(folder, 'a.env') } } },
    command: { origin: { from: 'file', file: join(folder, 'espalier.yaml'), line: 3 } },
    cwd: { value: folder, origin: { from: 'default' } },
  })
})

t.test('a config with problems is not printed', async t => {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'espalier.yaml'), 'services:\n  a: { comand: x }\n')
  t.match(await cli(t, folder, ['config', 'print']), { code: 7, out: '', err: /comand.*Did you mean command/ })
})
