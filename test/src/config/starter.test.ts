import t from 'tap'
import { parseConfig } from '../../../src/config/parse.js'
import { STARTER_DEFAULTS, starterConfig, starterProblem } from '../../../src/config/starter.js'

t.test('whatever stands behind a # is accepted when it is taken away', async t => {
  const text = starterConfig(STARTER_DEFAULTS)
  const open = text.replaceAll(/^( +)# ([a-z_]+: )/gm, '$1$2')
  t.not(open, text)
  const [service] = parseConfig(open, 'espalier.yaml').services
  t.match(service, { env: { PORT: '8080' }, restart: { when: 'on-failure' }, limits: { children: 10, depth: 3 } })
})

t.test('names and commands are written so that they are read as they were given', async t => {
  const names = ['web', '1', '1.0', 'true', 'null', '-', '.', '_', '0x10', 'a-b', '---']
  for (const name of names) {
    t.equal(starterProblem({ ...STARTER_DEFAULTS, name }), null, name)
    t.equal(parseConfig(starterConfig({ ...STARTER_DEFAULTS, name }), 'f').services[0]?.name, name)
  }
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ['true', ['true']],
    ['sleep 1.0', ['sleep', '1.0']],
    ["x 'a: b' '# c'", ['x', 'a: b', '# c']],
    ['x "a\nb"', ['x', 'a\nb']],
    ['[x]', ['[x]']],
    ['&a *b', ['&a', '*b']],
    [`x ${'long '.repeat(60)}`, ['x', ...Array(60).fill('long')]],
  ]
  for (const [command, words] of commands)
    t.same(parseConfig(starterConfig({ ...STARTER_DEFAULTS, command }), 'f').services[0]?.command, words)
})

t.test('an answer cannot add a key or a service', async t => {
  for (const children of ['1\n        depth: 1', '1, depth: 1', '', ' ', '-1', '1.5', '99999999999999999999'])
    t.type(starterProblem({ ...STARTER_DEFAULTS, children }), 'string', children)
  t.type(starterProblem({ ...STARTER_DEFAULTS, name: 'a:\n  b' }), 'string')
  t.match(starterProblem({ ...STARTER_DEFAULTS, name: '__proto__' }), /cannot be a key/)
})
