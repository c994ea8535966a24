import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import t, { type Test } from 'tap'
import { publishAnswered } from '../../src/diagnostics.js'
import type { DiagnosticMessages } from '../../src/index.js'
import { createInlineSupervisor } from '../../src/supervisor.js'

const NAMES: readonly (keyof DiagnosticMessages)[] = [
  'espalier:authorize',
  'espalier:refused',
  'espalier:spawn',
  'espalier:exit',
]

t.test('each answer, refusal, spawn and exit is told to who subscribes', async t => {
  const supervisor = createInlineSupervisor()
  t.teardown(() => supervisor.close())
  await supervisor.registerService('svc', { children: 1, rate: 'none' })
  await supervisor.registerServicePid('svc', 100)
  const heard = listen(t)
  const child = await supervisor.service('svc').spawn('sh', ['-c', 'read line; exit 3', 'secret'], { name: 'a' })
  await t.rejects(supervisor.service('svc').spawn('true'), { code: 'child_limit' })
  child.stdin?.end()
  await child.exited
  t.same(heard.names(), [
    'espalier:authorize',
    'espalier:spawn',
    'espalier:authorize',
    'espalier:refused',
    'espalier:exit',
  ])
  t.match(heard.messages[0], { service: 'svc', parentPid: null, childName: 'a', answer: { ok: true } })
  t.match(heard.messages[1], { service: 'svc', name: 'a', pid: child.pid, depth: 1, command: 'sh' })
  t.match(heard.messages[3], { childName: 'true', answer: { ok: false, code: 'child_limit' } })
  t.match(heard.messages[4], { service: 'svc', name: 'a', pid: child.pid, exit: { exitCode: 3, reason: 'self' } })
  t.notMatch(JSON.stringify(heard.messages), /secret/)
})

t.test('a wait is one answer, many are one each, and a question that fails is none', async t => {
  const supervisor = createInlineSupervisor()
  t.teardown(() => supervisor.close())
  await supervisor.registerService('svc', { children: 1, rate: 'none' })
  await supervisor.registerServicePid('svc', 100)
  const heard = listen(t)
  const answers = await supervisor.authorizeMany([
    { parentPid: 100, childName: 'a' },
    { parentPid: 100, childName: 'b' },
  ])
  const waiting = supervisor.authorizeSpawn(100, 'c', { wait: {} })
  if (answers[0].ok) await supervisor.releaseTicket(answers[0].ticket)
  await waiting
  await t.rejects(supervisor.authorizeSpawn(0, 'd'), { code: 'invalid_input' })
  const authorized = heard.messages.filter((_, index) => heard.names()[index] === 'espalier:authorize')
  t.match(authorized, [
    { parentPid: 100, childName: 'a', answer: { ok: true } },
    { parentPid: 100, childName: 'b', answer: { ok: false } },
    { parentPid: 100, childName: 'c', answer: { ok: true } },
  ])
  t.equal(authorized.length, 3)
})

t.test('without subscribers a question is handed on untouched', async t => {
  const asked = new Promise<never>(() => undefined)
  Object.defineProperty(asked, 'then', { value: () => t.fail('nothing waits for it') })
  t.equal(publishAnswered(asked, null, 1, 'a'), asked)
  listen(t).stop()
  t.equal(publishAnswered(asked, null, 1, 'a'), asked)
})

function listen(t: Test) {
  const heard: { readonly name: string; readonly message: unknown }[] = []
  const hear = (message: unknown, name: string | symbol) => {
    heard.push({ name: String(name), message })
  }
  for (const name of NAMES) subscribe(name, hear)
  const stop = () => {
    for (const name of NAMES) unsubscribe(name, hear)
  }
  t.teardown(stop)
  return {
    get messages() {
      return heard.map(({ message }) => message)
    },
    names: () => heard.map(({ name }) => name),
    stop,
  }
}
