import t from 'tap'
import { redact, redactSaid, redactVariable, redactWords } from '../../../src/terminal/redact.js'

t.test('values behind the names of secrets are hidden, others stay', async t => {
  for (const [command, shown] of [
    ['node a.mjs --token abc --port 80', 'node a.mjs --token *** --port 80'],
    ['node a.mjs --api-key=abc', 'node a.mjs --api-key=***'],
    ['env DB_PASSWORD=hunter2', 'env DB_PASSWORD=***'],
    ['x --password two words -v', 'x --password *** -v'],
    ['psql postgres://me:pw@host/db', 'psql postgres://me:***@host/db'],
    ['x --token --port 80', 'x --token --port 80'],
    ['tokenizer input.txt', 'tokenizer input.txt'],
    ['sh -c "TOKEN=abc run"', 'sh -c "TOKEN=***'],
    ['node agent.mjs', 'node agent.mjs'],
  ])
    t.equal(redact(command), shown)
})

t.test('a long hostile line is read', async t => {
  t.type(redact('token'.repeat(800)), 'string')
  t.type(redact('://a:'.repeat(800)), 'string')
})

t.test('a secret that is a word of its own is hidden, and no other word', async t => {
  t.same(redactWords(['x', '--token', 'a b', 'c', '--api-key=d', '-v', 'e']), [
    'x',
    '--token',
    '***',
    'c',
    '--api-key=***',
    '-v',
    'e',
  ])
  t.same(redactWords(['x', '--token', '--port', '80']), ['x', '--token', '--port', '80'])
})

t.test(
  'a variable with the name of a secret is hidden whole, another one loses the password of an address',
  async t => {
    for (const name of ['DB_PASSWORD', 'PGPASS', 'API_KEY', 'KEY', 'GITHUB_TOKEN', 'client_secret', 'SENTRY_DSN'])
      t.equal(redactVariable(name, 'a -b c'), '***', name)
    for (const name of ['PORT', 'KEYBOARD', 'PATH']) t.equal(redactVariable(name, 'a -b c'), 'a -b c', name)
    t.equal(redactVariable('URL', 'http://me:pw@host/'), 'http://me:***@host/')
  },
)

t.test('of what a program says only a word behind a key is hidden, and the password of an address', async t => {
  t.equal(redactSaid('login token=abc, next'), 'login token=***, next')
  t.equal(redactSaid("bad argument 'API_KEY=abc def'"), "bad argument 'API_KEY=*** def'")
  t.equal(
    redactSaid('GET http://me:pw@host/?access_token=abc&page=2'),
    'GET http://me:***@host/?access_token=***&page=2',
  )
  for (const kept of ['3 tokens left = none', 'the token: abc', 'tokenizer ready', 'key=7'])
    t.equal(redactSaid(kept), kept)
})
