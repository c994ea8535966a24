import { resolve } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { parseConfig } from '../../../src/config/parse.js'
import { ConfigError } from '../../../src/config/types.js'
import { problemsOf } from '../../support/config-problems.js'

t.test('a config in systemg spelling is read whole', async t => {
  const config = parseConfig(
    `
version: "1"
services:
  web:
    command: node server.js --name 'a b'
    env: { PORT: 8080, RELEASE: 1.10, DEBUG: true, EMPTY: '', OCTAL: 0o17 }
    cwd: app
    spawn:
      mode: dynamic
      limits:
        depth: 2
        total_memory: 512M
        grace: 1.5s
        rate: 20/1m
        service_rate: none
  7:
    command: [sleep, 1.0, true]
    cwd: /srv
    env: { vars: { A: b } }
  still: { command: [a], spawn: { mode: static, limits: { children: 4 } } }
  bare: { command: [a], env: , spawn: }
`,
    'etc/espalier.yaml',
  )
  t.equal(config.file, resolve('etc/espalier.yaml'))
  const at = (name: string) =>
    Object.entries(config.services.find(one => one.name === name)?.limitOrigins ?? {}).map(([limit, origin]) => [
      limit,
      'line' in origin ? origin.line : null,
    ])
  t.same(Object.fromEntries(at('web')), { depth: 11, totalMemory: 12, graceMs: 13, rate: 14, serviceRate: 15 })
  t.same(
    Object.fromEntries(at('still')),
    { children: 20, descendants: 20 },
    'what static forbids stands where that is said',
  )
  t.same(
    config.services.map(({ limitOrigins: _, ...service }) => service),
    [
      {
        name: 'web',
        command: ['node', 'server.js', '--name', 'a b'],
        env: { PORT: '8080', RELEASE: '1.10', DEBUG: 'true', EMPTY: '', OCTAL: '0o17' },
        cwd: resolve('etc/app'),
        limits: {
          depth: 2,
          totalMemory: 512 * 1024 ** 2,
          graceMs: 1500,
          rate: { limit: 20, windowMs: 60_000 },
          serviceRate: 'none',
        },
      },
      { name: '7', command: ['sleep', '1.0', 'true'], env: { A: 'b' }, cwd: '/srv', limits: {} },
      { name: 'still', command: ['a'], env: {}, cwd: resolve('etc'), limits: { children: 4, descendants: 0 } },
      { name: 'bare', command: ['a'], env: {}, cwd: resolve('etc'), limits: {} },
    ],
  )
})

t.test('all errors come at once, each with its place, key and way out', async t => {
  const text = `services:
  "bad name":
    command: []
  web:
    comand: node
    command: [node, [x], null]
    cwd: ~
    env: { A=B: 1, C: [1] }
    spawn:
      mode: dynamc
      limits:
        childern: 4
        total_memory: 1.5X
        depth: 2
        depth: 3
  job:
    command: "sh -c 'x"
    cwd: "~/x"
  off:
    command: a && b
    spawn: { mode: static, limits: { descendants: 5 } }
  none:
version: 3
volumes: {}
`
  const problems = problemsOf(text)
  t.same(
    problems.map(({ line, column, key }) => `${line}:${column} ${key}`),
    [
      '2:3 services.bad name',
      '3:5 services.bad name.command',
      '5:5 services.web.comand',
      '6:21 services.web.command[1]',
      '6:26 services.web.command[2]',
      '7:5 services.web.cwd',
      '8:12 services.web.env.A=B',
      '8:20 services.web.env.C',
      '10:7 services.web.spawn.mode',
      '12:9 services.web.spawn.limits.childern',
      '13:9 services.web.spawn.limits.total_memory',
      '15:9 services.web.spawn.limits.depth',
      '17:5 services.job.command',
      '18:5 services.job.cwd',
      '20:5 services.off.command',
      '22:3 services.none',
      '23:1 version',
      '24:1 volumes',
    ],
  )
  const messages = problems.map(({ message }) => message).join('\n')
  for (const wanted of [
    /"bad name" cannot name a service; give 1 to 64/,
    /the command is empty; give a program/,
    /"comand" is not a key here. Did you mean command\? Keys are command, env, env_file, cwd, user, no_new_privs, nice, rlimits, abandoned, depends_on, ready, restart, logs, on, spawn/,
    /a list is not text; put it in quotes/,
    /there is no value; write '' for an empty text/,
    /there is no folder; name one/,
    /"A=B" cannot name a variable/,
    /"dynamc" is not a mode. Did you mean dynamic\? Modes are dynamic, static/,
    /"childern" is not a limit. Did you mean children\?/,
    /"1.5X" is not a size; give bytes/,
    /this key is here twice/,
    /the quote ' at character 7/,
    /no shell expands the ~/,
    /"&&" would be an argument/,
    /null is not a service; give at least a command/,
    /3 is not a version that is understood/,
    /"volumes" is not a key here. Keys are version, services/,
  ]) {
    t.match(messages, wanted)
  }
})

t.test('a static service with descendants is told to choose', async t => {
  const [problem, ...rest] = problemsOf('services: {a: {command: x, spawn: {mode: static, limits: {descendants: 5}}}}')
  t.same(rest, [])
  t.match(problem, { key: 'services.a.spawn.limits.descendants', message: /mode static allows no descendants/ })
})

t.test('the message has one line for each problem', async t => {
  t.throws(() => parseConfig('services:\n  a:\n    command: ""\n  b: 5\n', 'x.yaml'), {
    name: 'ConfigError',
    message:
      'x.yaml:3:5: services.a.command: the command is empty; give a program and its arguments\n' +
      'x.yaml:4:3: services.b: 5 is not a service; give at least a command',
  })
})

t.test('what is no config at all is one clear error', async t => {
  for (const [text, wanted] of [
    ['', /null is not a config; write services:/],
    ['# nothing', /null is not a config/],
    ['hello', /"hello" is not a config/],
    ['- a', /a list is not a config/],
    ['version: 1', /there are no services/],
    ['services:', /there are no services/],
    ['services: {}', /there are no services/],
    ['services: []', /a list is not a set of services/],
    ['services: [1', /Flow sequence/],
    ['a: b: c', /Nested mappings/],
    ['services: {a: {command: x}}\n---\nb: 1', /a second document begins here/],
    ['services: {a: {command: *nope}}', /nothing above is named &nope/],
    ['services: {a: {command: !!binary aGk=}}', /the tag tag:yaml.org,2002:binary is not understood/],
    ['services: {a: {command: !mine x}}', /the tag !mine is not understood; drop it/],
    ['services: {? [k] : {command: x}}', /a key must be plain text/],
    ['services: {__proto__: {command: x}}', /this cannot be a key/],
    ['services: {a: {command: "x\\0y"}}', /holds a NUL/],
    ['services: {a: {command: x, env: 5}}', /"5" is not an environment/],
    ['services: {a: {command: x, env: {vars: {A: 1}, file: b}}}', /cannot stand beside vars/],
    ['services: {a: {command: {b: c}}}', /an object is not a command/],
    ['services: {a: {command: x, spawn: 5}}', /5 is not understood; give mode and limits/],
    ['services: {a: {command: x, spawn: {limits: 5}}}', /5 is not a set of limits/],
    ['services: {a: {cwd: .}}', /there is no command/],
  ] as const) {
    const problems = problemsOf(text)
    t.equal(problems.length, 1, `${JSON.stringify(text)} has one problem`)
    t.match(problems[0]?.message, wanted)
    t.ok(problems[0] && problems[0].line >= 1 && problems[0].column >= 1)
  }
})

t.test('an alias may name what stands above it', async t => {
  const { services } = parseConfig(
    'services: {a: {command: x, spawn: {limits: &l {depth: 2}}}, b: {command: x, spawn: {limits: *l}}}',
    'x.yaml',
  )
  t.same(
    services.map(({ limits }) => limits),
    [{ depth: 2 }, { depth: 2 }],
  )
})

t.test('bombs are refused at once', async t => {
  const aliases = [
    'a0: &a0 [x, x]',
    ...Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
  ].join('\n')
  t.match(problemsOf(aliases)[0]?.message, /more than 1000 aliases are followed|values nest deeper/)
  const wide = `a: &a [${'*z, '.repeat(5000)}]`.replace('a: &a', 'z: &z x\na:')
  t.match(problemsOf(wide)[0]?.message, /more than 1000 aliases are followed/)
  t.match(problemsOf('a: &a\n  b: *a')[0]?.message, /values nest deeper than 32 levels/)
  for (const deep of [
    '['.repeat(300_000),
    '{a: '.repeat(5000),
    '- '.repeat(5000),
    `${'['.repeat(2000)}${']'.repeat(2000)}`,
  ]) {
    t.match(problemsOf(deep)[0]?.message, /the nesting is too deep/, deep.slice(0, 8))
  }
})

t.test('a thousand problems are named up to a bound, with a count of the rest', async t => {
  const text = Array.from({ length: 1000 }, (_, i) => `key${i}: 1`).join('\n')
  const problems = problemsOf(text)
  t.equal(problems.length, 101)
  t.equal(problems.at(-1)?.message, 'and 901 more problems')
})

t.test('any text is a config or a ConfigError with at least one problem that has a place', async () => {
  const pieces = fc.constantFrom(
    'services',
    'a',
    'command',
    'limits',
    'spawn',
    ': ',
    '\n',
    '\n  ',
    '\n    ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '"',
    "'",
    '&a ',
    '*a',
    '!x ',
    '|',
    '>',
    '#',
    '---\n',
    '? ',
    '\t',
    '1.5',
    'none',
    '~',
    '<<',
    '\0',
    '😀',
  )
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 30 }).map(list => list.join('')),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(texts, text => {
      try {
        return parseConfig(text, 'x.yaml').services.length > 0
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        return error.problems.length > 0 && error.problems.every(({ line, column }) => line >= 1 && column >= 1)
      }
    }),
    { numRuns: 1500 },
  )
})
