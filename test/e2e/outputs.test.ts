/** What the commands print with `--json` keeps the schemas that are published, and has no field that they do not name. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { breaches, closed } from '../support/json-schema.js'
import { eventually } from '../support/processes.js'
import { PROJECT_ROOT } from '../support/root.js'

/** Asks for one child too many, and has one that ends and one that stays. */
const FAMILY = `
  espalier spawn --name short -- true
  espalier spawn --name long --ttl 1h -- sleep 300
  for n in 1 2 3; do espalier spawn --name more-$n -- sleep 300 || true; done
  echo ready; echo trouble >&2; exec sleep 300`

const CONFIG = `
services:
  family: { command: [sh, -c, ${JSON.stringify(FAMILY.replaceAll('espalier', '"$NODE" "$CLI"'))}], spawn: { limits: { children: 2, total_memory: 4G } } }
  failing: { command: 'false', restart: { policy: always, backoff: { first: 1ms, longest: 1ms }, intensity: 1/1m } }
  late: { command: sleep 300, depends_on: never }
  never: { command: sleep 300, ready: { exec: 'false', timeout: 1h } }
`

/** What is asked, by the schema that the answer keeps. */
const ASKED: readonly (readonly [schema: string, args: readonly string[], code?: number])[] = [
  ['tree', ['tree']],
  ['ps', ['ps']],
  ['services', ['services']],
  ['status', ['status']],
  ['logs', ['logs']],
  ['events', ['events']],
  ['history', ['history']],
  ['why', ['why', 'family']],
  ['why', ['why', 'family:short']],
  ['why', ['why', 'REFUSAL']],
  ['limits-get', ['limits', 'get']],
  ['limits-set', ['limits', 'set', 'family', 'children=1', 'rate=20/1s', 'total_memory=none']],
  ['limits-get', ['limits', 'get', 'family']],
  ['plan', ['plan', '-c', 'other.yaml']],
  ['reload', ['reload', '--dry-run']],
  ['doctor', ['doctor']],
  ['config-print', ['config', 'print']],
  ['config-print', ['config', 'print', '--origin']],
  ['events', ['events', '--since', '1h']],
]

t.test('every --json of a daemon with a full life keeps its schema', async t => {
  const folder = privateFolder(t)
  const bin = join(PROJECT_ROOT, 'dist', 'src', 'cli', 'main.js')
  const config = CONFIG.replaceAll('\\"$NODE\\"', process.execPath).replaceAll('\\"$CLI\\"', bin)
  const isPortable = process.env.ESPALIER_LAUNCHER === 'portable'
  writeFileSync(join(folder, 'espalier.yaml'), config)
  writeFileSync(join(folder, 'other.yaml'), config.replace('children: 2', 'children: 1'))
  const run = startCli(t, folder, ['run', '-c', 'espalier.yaml'])
  let refusal = ''
  await eventually('a refusal and a failed service', async () => {
    const { out } = await cli(t, folder, ['events'])
    refusal = /refused more-\S+ .*\((\d+-\d+)\)/.exec(out)?.[1] ?? ''
    const { out: services } = await cli(t, folder, ['services'])
    return refusal !== '' && /^failing +failed/m.test(services) && /more-3/.test(out)
  })
  writeFileSync(join(folder, 'espalier.yaml'), config.replace('depends_on: never', "env: { A: 'b' }"))
  for (const [name, args] of ASKED) {
    if (isPortable && name === 'logs') continue
    const asked = args.map(word => (word === 'REFUSAL' ? refusal : word))
    const { code, out, err } = await cli(t, folder, [...asked, '--json'])
    t.match({ code, err }, { code: 0, err: '' }, asked.join(' '))
    const schema = closed(
      JSON.parse(readFileSync(join(PROJECT_ROOT, 'schema', 'output', `${name}.schema.json`), 'utf8')),
    )
    const lines = out.trimEnd().split('\n')
    for (const line of lines)
      t.same(breaches(schema, JSON.parse(line)), [], `${asked.join(' ')}: ${line.slice(0, 400)}`)
  }
  run.child.kill('SIGTERM')
  await run.ended
})

t.test('status of no daemon keeps its schema', async t => {
  const { code, out } = await cli(t, privateFolder(t), ['status', '--json'])
  t.equal(code, 6)
  const schema = JSON.parse(readFileSync(join(PROJECT_ROOT, 'schema', 'output', 'status.schema.json'), 'utf8'))
  t.same(breaches(closed(schema), JSON.parse(out)), [])
})
