import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { connect as connectSocket, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { answer } from '../../../protocol/wire/answers.js'
import { FRAME_BYTES_MAX } from '../../../protocol/wire/frames.js'
import { connect } from '../../../src/client/index.js'
import type { Handler } from '../../../src/control/connection.js'
import { type ListenOptions, listen } from '../../../src/control/listen.js'

import { privateFolder } from '../../support/folder.js'

const pong: Handler = async (_request, reply) => reply.send(answer('pong', { pid: 7 }))

async function opened(t: Test, options: Partial<ListenOptions> = {}) {
  const path = join(privateFolder(t), 's.sock')
  const socket = await listen({ path, allowed: ['ping', 'spawn'], handle: pong, ...options })
  t.teardown(() => socket.close())
  return path
}

async function dial(path: string): Promise<Socket> {
  const socket = connectSocket({ path })
  await once(socket, 'connect')
  return socket
}

async function everything(socket: Socket): Promise<string> {
  let text = ''
  socket.on('error', () => undefined)
  for await (const chunk of socket) text += String(chunk)
  return text
}

async function exchange(path: string, bytes: string): Promise<unknown> {
  const socket = await dial(path)
  const text = everything(socket)
  socket.write(bytes)
  return JSON.parse(await text)
}

t.test('a socket is open to its owner alone and goes with the server', async t => {
  const path = join(privateFolder(t), 's.sock')
  const socket = await listen({ path, allowed: ['ping'], handle: pong })
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(await connect({ socket: path }).ping(), 7)
  await socket.close()
  t.notOk(existsSync(path))
})

t.test('a kind that the socket does not take is refused by name', async t => {
  const path = await opened(t)
  t.match(await exchange(path, '{"v":1,"kind":"tree"}\n'), {
    kind: 'failed',
    code: 'not_allowed',
    message: /tree .*ping and spawn/,
  })
})

t.test('bad frames and bad requests are answered with what is wrong', async t => {
  const path = await opened(t)
  t.match(await exchange(path, 'hello\n'), { code: 'bad_frame', message: /not JSON/ })
  t.match(await exchange(path, '[]\n'), { code: 'bad_frame' })
  t.match(await exchange(path, '{"v":9,"kind":"ping"}\n'), { code: 'bad_request', message: /v is 9/ })
  t.match(await exchange(path, '{"v":1,"kind":"ping"}\n{"v":1'), { code: 'bad_request', message: /one request/ })
  t.match(await exchange(path, 'x'.repeat(FRAME_BYTES_MAX * 2)), { code: 'bad_frame', message: /longer/ })
})

t.test('a request that is half sent when the asker hangs up is answered so', async t => {
  const path = await opened(t)
  const socket = await dial(path)
  socket.end('{"v":1,"kind":"pi')
  t.match(JSON.parse(await everything(socket)), { code: 'bad_frame', message: /ended inside a frame/ })
})

t.test('a request that does not arrive in time is answered with the deadline', async t => {
  const path = await opened(t, { requestDeadlineMs: 50 })
  t.match(await exchange(path, '{"v":1,'), { code: 'timeout', message: /50 ms/ })
})

t.test('an asker that half closes after its request still gets the answer', async t => {
  const path = await opened(t)
  const socket = await dial(path)
  socket.end('{"v":1,"kind":"ping"}\n')
  t.match(JSON.parse(await everything(socket)), { kind: 'pong' })
})

t.test('past the bound an asker is told so, and is served when there is room again', async t => {
  const path = await opened(t, { maxConnections: 2 })
  const first = await dial(path)
  const second = await dial(path)
  await t.rejects(connect({ socket: path }).ping(), { code: 'too_many_connections', message: /2 connections/ })
  const text = everything(first)
  first.write('{"v":1,"kind":"ping"}\n')
  t.match(JSON.parse(await text), { kind: 'pong' })
  second.destroy()
  let pid = 0
  for (let tries = 0; tries < 200 && pid === 0; tries++) {
    pid = await connect({ socket: path })
      .ping()
      .catch(() => 0)
  }
  t.equal(pid, 7)
})

t.test('a handler that throws is answered as failed', async t => {
  const path = await opened(t, {
    handle: async () => {
      throw new Error('no luck')
    },
  })
  await t.rejects(connect({ socket: path }).ping(), { code: 'failed', message: 'no luck' })
})

t.test('a handler that waits hears that its asker hung up', async t => {
  let heard: (reason: unknown) => void = () => undefined
  const hungUp = new Promise(settle => {
    heard = settle
  })
  let waiting: () => void = () => undefined
  const started = new Promise<void>(settle => {
    waiting = settle
  })
  const path = await opened(t, {
    handle: async (_request, reply) => {
      reply.hungUp.addEventListener('abort', heard)
      waiting()
      await hungUp
    },
  })
  const socket = await dial(path)
  socket.write('{"v":1,"kind":"ping"}\n')
  await started
  socket.destroy()
  await hungUp
  t.pass('heard')
})

t.test('a reader that never reads is cut off, not waited for', async t => {
  let done: (value: unknown) => void = () => undefined
  const finished = new Promise(settle => {
    done = settle
  })
  const path = await opened(t, {
    handle: async (_request, reply) => {
      const message = 'x'.repeat(500_000)
      // Each send waits for room at most its deadline; the first that finds none cuts the line, the rest are dropped.
      for (let i = 0; i < 20; i++) await reply.send(answer('failed', { code: 'failed', message }))
      done(null)
    },
  })
  const socket = await dial(path)
  socket.on('error', () => undefined)
  socket.pause()
  socket.write('{"v":1,"kind":"ping"}\n')
  await finished
  socket.destroy()
  t.pass('the handler went on')
})

t.test('no daemon, or one that says nothing, is told apart', async t => {
  const path = join(privateFolder(t), 'none.sock')
  await t.rejects(connect({ socket: path }).ping(), { code: 'unreachable', message: /espalier run/ })
  const silent = await opened(t, { handle: () => new Promise(() => undefined) })
  await t.rejects(connect({ socket: silent, timeoutMs: 30 }).ping(), { code: 'timeout', message: /30 ms/ })
})
