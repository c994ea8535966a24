import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Refusal } from '../../../protocol/refusals.js'
import { answer } from '../../../protocol/wire/answers.js'
import type { SpawnRequest } from '../../../protocol/wire/requests.js'
import { spawnAgent } from '../../../src/client/index.js'
import type { Reply } from '../../../src/control/connection.js'
import { listen } from '../../../src/control/listen.js'

import { privateFolder } from '../../support/folder.js'

const token = 'b'.repeat(64)
const exit = { exitCode: 3, signal: null, finishedAt: 5, reason: 'self' } as const

async function daemon(t: Test, handle: (request: SpawnRequest, reply: Reply) => Promise<void>): Promise<string> {
  const path = join(privateFolder(t), 's.sock')
  const socket = await listen({
    path,
    allowed: ['spawn'],
    handle: (request, reply) => handle(request as SpawnRequest, reply),
  })
  t.teardown(() => socket.close())
  return path
}

t.test('an agent is asked for with the caller environment less what is ours', async t => {
  let seen: SpawnRequest | undefined
  const socket = await daemon(t, async (request, reply) => {
    seen = request
    await reply.send(answer('spawned', { pid: 9, name: request.name, depth: 2 }))
  })
  const env = { A: '1', ESPALIER_TOKEN: 'secret', ESPALIER_X: '2', B: undefined }
  const agent = await spawnAgent({ name: 'w', argv: ['true'], ttlMs: 50, socket, token, env, cwd: '/' })
  t.match(agent, { pid: 9, name: 'w', depth: 2 })
  t.match(seen, { token, name: 'w', argv: ['true'], ttlMs: 50, env: { A: '1' }, cwd: '/', wait: false })
  t.strictSame(seen?.env, { A: '1' })
  await t.rejects(agent.exited(), { code: 'bad_request' })
})

t.test('a wait without end comes back as one', async t => {
  const refusal: Refusal = {
    ok: false,
    code: 'rate_limit',
    message: 'too fast',
    limit: 0,
    current: 0,
    decisionId: '0-1',
    retryAfterMs: Number.POSITIVE_INFINITY,
  }
  const socket = await daemon(t, async (_request, reply) => {
    await reply.send(answer('refused', { refusal, service: 'svc' }))
  })
  await t.rejects(spawnAgent({ name: 'w', argv: ['true'], socket, token }), refusal)
})

t.test('with wait the exit follows', async t => {
  const socket = await daemon(t, async (_request, reply) => {
    await reply.send(answer('spawned', { pid: 9, name: 'w', depth: 1 }))
    await reply.send(answer('exited', { pid: 9, exit }))
  })
  const agent = await spawnAgent({ name: 'w', argv: ['true'], socket, token, wait: true })
  t.strictSame(await agent.exited(), exit)
})

t.test('a daemon that goes away before the exit is unreachable', async t => {
  const socket = await daemon(t, async (_request, reply) => {
    await reply.send(answer('spawned', { pid: 9, name: 'w', depth: 1 }))
  })
  const agent = await spawnAgent({ name: 'w', argv: ['true'], socket, token, wait: true })
  await t.rejects(agent.exited(), { code: 'unreachable', message: /hung up/ })
})

t.test('a refusal is thrown with every field', async t => {
  const refusal: Refusal = {
    ok: false,
    code: 'rate_limit',
    message: 'm',
    limit: 10,
    current: 10,
    decisionId: '0-1',
    retryAfterMs: 5,
  }
  const socket = await daemon(t, async (_request, reply) => reply.send(answer('refused', { refusal, service: 's' })))
  await t.rejects(spawnAgent({ name: 'w', argv: ['true'], socket, token }), { name: 'SpawnDenied', ...refusal })
})

t.test('outside a service it says where it works', async t => {
  const env = process.env
  const { ESPALIER_SOCKET: _s, ESPALIER_TOKEN: _t, ...rest } = env
  t.intercept(process, 'env', { value: rest })
  await t.rejects(spawnAgent({ name: 'w', argv: ['true'] }), { code: 'no_service', message: /ESPALIER_SOCKET/ })
  await t.rejects(spawnAgent({ name: 'w', argv: ['true'], socket: '/x' }), { code: 'unreachable' })
})

t.test('a request longer than a frame is not sent', async t => {
  const env = { BIG: 'x'.repeat(2 ** 20) }
  await t.rejects(spawnAgent({ name: 'w', argv: ['true'], socket: '/x', token, env }), {
    code: 'bad_request',
    message: /1048576/,
  })
})
