/** The schema for editors says what the parser does: the same keys, and nothing that the parser takes is refused. */

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { configSchema } from '../../../src/config/json-schema.js'
import { parseConfig } from '../../../src/config/parse.js'
import type { JsonSchema } from '../../../src/schema/words.js'
import { problemsOf } from '../../support/config-problems.js'
import { breaches } from '../../support/json-schema.js'
import { PROJECT_ROOT } from '../../support/root.js'
import { BROKEN_DOCUMENTS } from './broken/documents.js'
import { BROKEN_LIMITS } from './broken/limits.js'
import { BROKEN_SERVICES } from './broken/services.js'

const SCHEMA = configSchema()
const FILE = join(PROJECT_ROOT, 'schema', 'espalier.schema.json')

/** Mappings of the schema by a config that leads into each, `@` where its keys stand. */
const MAPPINGS: readonly (readonly [path: readonly string[], config: string])[] = [
  [[], '{ services: { a: { command: x } }, @ }'],
  [['metrics'], "{ services: { a: { command: x } }, metrics: { listen: '127.0.0.1:1', @ } }"],
  [['logs'], '{ services: { a: { command: x } }, logs: { @ } }'],
  [['services', '*'], '{ services: { a: { command: x, @ } } }'],
  [['services', '*', 'rlimits'], '{ services: { a: { command: x, rlimits: { @ } } } }'],
  [['services', '*', 'restart'], '{ services: { a: { command: x, restart: { policy: always, @ } } } }'],
  [
    ['services', '*', 'restart', 'backoff'],
    '{ services: { a: { command: x, restart: { policy: always, backoff: { @ } } } } }',
  ],
  [['services', '*', 'ready'], '{ services: { a: { command: x, ready: { exec: x, @ } } } }'],
  [['services', '*', 'on'], '{ services: { a: { command: x, on: { @ } } } }'],
  [['services', '*', 'spawn'], '{ services: { a: { command: x, spawn: { @ } } } }'],
  [['services', '*', 'spawn', 'limits'], '{ services: { a: { command: x, spawn: { limits: { @ } } } } }'],
]

t.test('each mapping has the keys that the parser names, and no other', async t => {
  for (const [path, config] of MAPPINGS) {
    const [{ message }] = problemsOf(config.replace('@', 'zzzzzzzz: 1'))
    const known = / (?:Keys|Limits|Resources) are (.+)$/.exec(message)?.[1].split(', ')
    t.same([...keysAt(SCHEMA, path)].toSorted(), known?.toSorted(), path.join('.'))
  }
})

t.test('the logs of a service are those of all, but for what is of all together', async t => {
  t.same([...keysAt(SCHEMA, ['services', '*', 'logs'])], ['max_size', 'files'])
})

t.test('what the parser takes keeps the schema', async t => {
  const documented = [...readFileSync(join(PROJECT_ROOT, 'docs', 'CONFIG.md'), 'utf8').matchAll(/```yaml\n([^`]+)```/g)]
  t.ok(documented.length > 2)
  for (const text of [...documented.map(([, text]) => text), ...TAKEN]) {
    t.doesNotThrow(() => parseConfig(text, 'x.yaml'), text)
    t.same(breaches(SCHEMA, parse(text)), [], text)
  }
})

t.test('the configs of the examples name the schema, and keep it', async t => {
  const folder = join(PROJECT_ROOT, 'examples')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith('espalier.yaml'),
  )
  t.ok(files.length > 1)
  for (const file of files.map(file => join(folder, file))) {
    const text = readFileSync(file, 'utf8')
    const named = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? ''
    t.equal(resolve(dirname(file), named), FILE, file)
    t.same(breaches(SCHEMA, parse(text)), [], file)
  }
})

/** Rules between values, bounds of what has a unit, and what is in a text: these the parser alone knows. */
const PARSER_ALONE = [
  /the tag|here twice|cannot be a key|mode static|soft limit above|longer than the longest/,
  /out of bounds|out of range|is not a window|is not a count of grants|is not an intensity|more than 2\^53|is not within/,
  /not a whole number of milliseconds|"30d" is not understood/,
  /never closed|ends in a backslash|no shell runs|NUL character|the command is empty/,
]

t.test('what is broken breaks the schema too, unless only the parser can know', async t => {
  // An alias of nothing has no value that could be judged.
  const documents = BROKEN_DOCUMENTS.filter(([text]) => !text.includes('*nowhere'))
  let refused = 0
  for (const [marked, key] of [...BROKEN_SERVICES, ...BROKEN_LIMITS, ...documents]) {
    const text = marked.replace('^^', '')
    const [{ message }] = problemsOf(text)
    if (breaches(SCHEMA, parse(text, { uniqueKeys: false, logLevel: 'error' })).length > 0) refused += 1
    else
      t.ok(
        PARSER_ALONE.some(rule => rule.test(message)),
        `${key}: ${message}`,
      )
  }
  t.ok(refused > 180, String(refused))
})

/** Every way to write a value. */
const TAKEN: readonly string[] = [
  `version: '1.0'
metrics:
logs: { max_size: 1 MiB, files: 3, total: 1_000_000 }
services:
  a:
    command: sleep 1.0
    env: { vars: { PORT: 8080, DEBUG: true } }
    env_file: [a.env]
    cwd: 7
    user: 1000
    rlimits: { nofile: 1024, as: 2G, stack: 8M:unlimited, core: unlimited }
    abandoned: 10s
    depends_on: b
    restart: { policy: always, backoff: { first: 1.5s }, intensity: none }
    logs: { files: 2 }
    on: { exited: [notify, '3'], timeout: ' 5 s ' }
    spawn: { mode: static, limits: { depth: 5, total_memory: 1000, rate: none, grace: 1500ms, strict: true, ttl_max: 90s, lifetime: none } }
  b: { command: [sleep, 1.0], ready: { exec: 'x', interval: 50ms }, abandoned: keep, restart: always, user: me }
`,
  `version: 1
services:
  a: { command: x, env:, env_file:, rlimits:, abandoned:, depends_on:, ready:, restart:, logs:, on:, spawn: { mode:, limits: { rate: , depth: } } }
`,
]

/** The keys of a mapping of the schema, over all forms that it may have; `*` is any service. */
function keysAt(schema: JsonSchema, path: readonly string[]): ReadonlySet<string> {
  const forms = (one: JsonSchema): readonly JsonSchema[] => [one, ...((one.anyOf as readonly JsonSchema[]) ?? [])]
  const [key, ...rest] = path
  const keys = forms(schema).flatMap(form => {
    const properties = (form.properties ?? {}) as Readonly<Record<string, JsonSchema>>
    if (key === undefined) return Object.keys(properties)
    const inner = key === '*' ? form.additionalProperties : properties[key]
    return typeof inner === 'object' && inner !== null ? [...keysAt(inner as JsonSchema, rest)] : []
  })
  return new Set(keys)
}
