import { join } from 'node:path'
import t from 'tap'
import { parseEnvFile } from '../../../src/config/env-file.js'
import { loadConfig } from '../../../src/config/load.js'
import { problemsOf } from '../../support/config-problems.js'

t.test('variables are read as they are meant, and nothing is expanded', async t => {
  const text = [
    '# a comment',
    '',
    'A=plain text # said why',
    '  export B = spaced  ',
    "C='it is $HOME # here'",
    String.raw`D="two\nlines \"quoted\" \$5" # why`,
    'E=',
    'F=#none',
    'G=a#b=c',
    'A=again\r',
  ].join('\n')
  t.same(parseEnvFile(text, 'f'), {
    A: 'again',
    B: 'spaced',
    C: 'it is $HOME # here',
    D: 'two\nlines "quoted" $5',
    E: '',
    F: '',
    G: 'a#b=c',
  })
})

t.test('each bad line is named with its file and number, its value is not', async t => {
  const text = "A=fine\nnothing\n1A=b\nB=\"s3cret\nC='s3cret' more\n"
  try {
    parseEnvFile(text, 'web.env')
    t.fail('it was read')
  } catch (error) {
    t.match(error, { name: 'ConfigError', problems: [{ line: 2 }, { line: 3 }, { line: 4 }, { line: 5 }] })
    t.match(String(error), /web\.env:2:1: this is no variable/)
    t.notMatch(String(error), /s3cret/)
  }
})

t.test('the config lays its own env over its files, the later file over the earlier one', async t => {
  const folder = t.testdir({
    'a.env': 'A=1\nB=1\nC=1\n',
    'b.env': 'B=2\nC=2\n',
    'good.yaml':
      'services: { web: { command: x, env_file: [a.env, b.env], env: { C: 3 } }, one: { command: x, env_file: a.env } }',
    'none.yaml': 'services: { web: { command: x, env_file: none.env } }',
  })
  const { services } = await loadConfig(join(folder, 'good.yaml'))
  t.same(services[0].env, { A: '1', B: '2', C: '3' })
  t.same(services[1].env, { A: '1', B: '1', C: '1' })
  await t.rejects(loadConfig(join(folder, 'none.yaml')), {
    name: 'ConfigError',
    message: /none\.env: there is no such file/,
  })
  t.match(problemsOf('services: { a: { command: b, env_file: [[x]] } }'), [{ key: 'services.a.env_file[0]' }])
})
