import { statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { EspalierError } from '../../../protocol/failures.js'
import { parseMetricsAddress, showMetricsAddress } from '../../../src/metrics/address.js'
import { serveMetrics } from '../../../src/metrics/serve.js'
import { privateFolder } from '../../support/folder.js'

t.test('an address is of this machine alone, or refused with what may be said', async t => {
  for (const text of ['127.0.0.1:9464', '[::1]:9464', '127.9.8.7:1', 'unix:/run/x.sock']) {
    t.equal(showMetricsAddress(parseMetricsAddress(text)), text)
  }
  t.equal(showMetricsAddress(parseMetricsAddress('localhost:80')), '127.0.0.1:80')
  for (const text of ['0.0.0.0:9464', ':9464', '9464', '[::]:9464', '10.0.0.1:9464', 'host:9464', '127.0.0.256:1', 7]) {
    t.throws(() => parseMetricsAddress(text), { code: 'invalid_input', message: /127\.0\.0\.1:PORT.*unix:\/PATH/ })
  }
  for (const text of ['127.0.0.1:0', '127.0.0.1:65536', 'unix:x', `unix:/${'a'.repeat(107)}`]) {
    t.throws(() => parseMetricsAddress(text), { code: 'invalid_input' })
  }
})

t.test('metrics are read with GET at /metrics, and every other question is answered with the way', async t => {
  const { port } = await serve(t, async () => 'a 1\n')
  t.match(await ask(port, 'GET', '/metrics?x=1'), { status: 200, text: 'a 1\n', type: /^text\/plain; version=0\.0\.4/ })
  t.match(await ask(port, 'HEAD', '/metrics'), { status: 200, text: '' })
  t.match(await ask(port, 'GET', '/'), { status: 404, text: /\/metrics/ })
  t.match(await ask(port, 'POST', '/metrics'), { status: 405 })
  t.match(
    await ask(port, 'GET', '/metrics', { host: 'evil.example' }),
    { status: 403 },
    'a page that points its name here',
  )
  t.match(await ask(port, 'GET', '/metrics', { padding: 'x'.repeat(10_000) }), { status: 431 })
})

t.test('who asks at the same time shares one gathering, and a failure is said', async t => {
  let gathered = 0
  let letGo: () => void = () => undefined
  const held = new Promise<void>(settle => {
    letGo = settle
  })
  const { port } = await serve(t, async () => {
    gathered++
    await held
    if (gathered > 1) throw new EspalierError('host_lost', 'host 0 died')
    return 'a 1\n'
  })
  const all = Promise.all([1, 2, 3].map(() => ask(port, 'GET', '/metrics')))
  // Four connections, and three of them wait for the figures.
  t.match(await ask(port, 'GET', '/'), { status: 404 })
  letGo()
  for (const one of await all) t.match(one, { status: 200 })
  t.equal(gathered, 1)
  t.match(await ask(port, 'GET', '/metrics'), { status: 503, text: /host 0 died/ })
})

t.test('a seventeenth connection is closed', async t => {
  const { port } = await serve(t, async () => '')
  const open = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const socket = connect(port, '127.0.0.1')
      t.teardown(() => socket.destroy())
      await new Promise(resolve => socket.once('connect', resolve))
      return socket
    }),
  )
  await t.rejects(ask(port, 'GET', '/metrics'))
  const gone = new Promise(resolve => open[0].once('close', resolve))
  open[0].end()
  await gone
  t.match(await ask(port, 'GET', '/metrics'), { status: 200 })
})

t.test('a unix socket is its owner’s alone, replaces a dead one, and nothing else', async t => {
  const path = join(privateFolder(t), 'metrics.sock')
  const first = await serveMetrics({ kind: 'unix', path }, async () => 'a 1\n')
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.match(await ask(path, 'GET', '/metrics', { host: 'anything' }), { status: 200, text: 'a 1\n' })
  await t.rejects(
    serveMetrics({ kind: 'unix', path }, async () => ''),
    { code: 'unavailable', message: /somebody listens/ },
  )
  await first.close()
  t.equal(statSync(path, { throwIfNoEntry: false }), undefined)
  writeFileSync(path, 'mine')
  await t.rejects(
    serveMetrics({ kind: 'unix', path }, async () => ''),
    { code: 'unavailable', message: /no socket/ },
  )
})

t.test('a port that is taken is said', async t => {
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  t.teardown(() => other.close())
  const { port } = other.address() as { port: number }
  const served = serveMetrics({ kind: 'tcp', host: '127.0.0.1', port }, async () => '')
  await t.rejects(served, { code: 'unavailable', message: new RegExp(`127.0.0.1:${port}.*EADDRINUSE`) })
})

async function serve(t: Test, gather: () => Promise<string>): Promise<{ readonly port: number }> {
  const server = await serveMetrics({ kind: 'tcp', host: '127.0.0.1', port: 0 }, gather)
  t.teardown(() => server.close())
  return server.address as { port: number }
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly type: string
}

function ask(to: number | string, method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const place = typeof to === 'number' ? { host: '127.0.0.1', port: to } : { socketPath: to }
  return new Promise((settle, fail) => {
    const asked = request({ ...place, method, path, headers, agent: false }, response => {
      let text = ''
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => {
        settle({ status: response.statusCode ?? 0, text, type: String(response.headers['content-type']) })
      })
    })
    asked.on('error', fail)
    asked.end()
  })
}
