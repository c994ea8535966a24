import t from 'tap'
import { parseConfig } from '../../../src/config/parse.js'
import { problemsOf } from '../../support/config-problems.js'

const one = (text: string) =>
  parseConfig(`services: { a: { command: b, ${text} }, db: { command: c } }`, 'f').services[0]

t.test('a service waits for others, one or a list, and says when it is ready itself', async t => {
  t.same(one('depends_on: [db, db]').dependsOn, ['db'])
  t.same(one('depends_on: db').dependsOn, ['db'])
  t.equal(one('depends_on: []').dependsOn, undefined)
  t.same(one("ready: { exec: pg_isready -h 'a b', interval: 500ms, timeout: 2m }").ready, {
    kind: 'exec',
    command: ['pg_isready', '-h', 'a b'],
    intervalMs: 500,
    timeoutMs: 120_000,
  })
  t.match(one('ready: { exec: [test, 1.0] }').ready, { command: ['test', '1.0'], intervalMs: 1000, timeoutMs: 60_000 })
  t.same(one(String.raw`ready: { log: 'port \d+', timeout: 5s }`).ready, {
    kind: 'log',
    pattern: String.raw`port \d+`,
    timeoutMs: 5000,
  })
})

t.test('what cannot be meant is named at its place', async t => {
  for (const [text, key, words] of [
    ['depends_on: [dv]', '.depends_on[0]', /there is no service "dv"\. Did you mean db\? Services are a, db/],
    ['depends_on: dv', '.depends_on', /there is no service "dv"/],
    ['depends_on: { db: {} }', '.depends_on', /give a list of their names/],
    ['depends_on: [[db]]', '.depends_on[0]', /is not the name of a service/],
    ['depends_on: [db, a]', '.depends_on[1]', /a waits for a; drop/],
    ['ready: yes', '.ready', /says not when it is ready; give \{ exec/],
    ['ready: { exec: a, log: b }', '.ready', /one of them/],
    ['ready: {}', '.ready', /one of them/],
    ['ready: { exec: [] }', '.ready.exec', /the command is empty/],
    ['ready: { exec: a, intervall: 1s }', '.ready.intervall', /Did you mean interval\?/],
    ['ready: { exec: a, interval: 1ms }', '.ready.interval', /out of bounds; give 50ms to 1h/],
    ['ready: { exec: a, timeout: 5 }', '.ready.timeout', /"5" is not a duration/],
    ['ready: { log: a, interval: 1s }', '.ready.interval', /drop the interval/],
    ["ready: { log: '(' }", '.ready.log', /is no regular expression/],
    ["ready: { log: '' }", '.ready.log', /is no pattern/],
  ] as const) {
    const problems = problemsOf(`services: { a: { command: b, ${text} }, db: { command: c } }`)
    t.same(
      problems.map(problem => problem.key),
      [`services.a${key}`],
      text,
    )
    t.match(problems[0].message, words, text)
  }
})

t.test('a ring of services is named at the line of one of them', async t => {
  const text = `services:
  web: { command: a, depends_on: [api] }
  api:
    command: a
    depends_on:
      - cache
      - db
  cache: { command: a }
  db: { command: a, depends_on: [api] }
`
  t.match(problemsOf(text), [
    { line: 7, key: 'services.api.depends_on[1]', message: /api waits for db waits for api; drop one of these/ },
  ])
})
