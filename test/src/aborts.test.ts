import { getEventListeners } from 'node:events'
import t from 'tap'
import { onAbort } from '../../src/aborts.js'
import { createInlineSupervisor } from '../../src/supervisor.js'
import { grant, register } from '../support/acts.js'

t.test('however many hear of a signal, it has one listener, and none when nobody does', async t => {
  const { signal, abort } = opened()
  const heard: number[] = []
  const ends = Array.from({ length: 100 }, (_, at) => onAbort(signal, () => heard.push(at)))
  t.equal(getEventListeners(signal, 'abort').length, 1)
  for (const end of ends.slice(2)) end()
  ends[2]()
  t.equal(getEventListeners(signal, 'abort').length, 1)
  abort()
  t.strictSame(heard, [0, 1], 'those that stayed are told, in the order in which they came')
  t.equal(getEventListeners(signal, 'abort').length, 0)
  for (const end of ends) end()
  const another = opened()
  onAbort(another.signal, () => undefined)()
  t.equal(getEventListeners(another.signal, 'abort').length, 0)
})

t.test('who is ended by one that is told before it is not told', async t => {
  const { signal, abort } = opened()
  const heard: string[] = []
  onAbort(signal, () => {
    heard.push('first')
    endSecond()
  })
  const endSecond = onAbort(signal, () => heard.push('second'))
  abort()
  t.strictSame(heard, ['first'])
})

t.test('one function given twice is told twice, and one end leaves the other', async t => {
  const { signal, abort } = opened()
  let told = 0
  const hear = () => {
    told++
  }
  const end = onAbort(signal, hear)
  onAbort(signal, hear)
  end()
  end()
  abort()
  t.equal(told, 1)
})

t.test('a signal that everything of a supervisor shares has one listener, and none when all is over', async t => {
  const { signal, abort } = opened()
  const supervisor = createInlineSupervisor({ signal })
  await register(supervisor, 'svc', { children: 30, rate: 'none' }, 100)
  await supervisor.registerService('agents', { rate: 'none', children: null, graceMs: 1000 })
  const agents = supervisor.service('agents')
  for (let at = 0; at < 30; at++) await grant(supervisor, 100)
  const waits = Array.from({ length: 20 }, () => supervisor.authorizeSpawn(100, 'a', { wait: { signal } }))
  const readers = Array.from({ length: 20 }, () => supervisor.events({ signal }))
  const children = await Promise.all(
    Array.from({ length: 12 }, () => agents.spawn('sleep', ['100'], { signal, wait: { signal } })),
  )
  t.equal(getEventListeners(signal, 'abort').length, 1)
  abort()
  for (const wait of waits) await t.rejects(wait, { code: 'aborted' })
  for (const child of children) await child.exited
  for (const reader of readers) for await (const _ of reader);
  await supervisor.close()
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('what is over hears no more of a signal that lives on', async t => {
  const { signal } = opened()
  const supervisor = createInlineSupervisor()
  t.teardown(() => supervisor.close())
  await register(supervisor, 'svc', { children: 1, rate: 'none' }, 100)
  const { ticket } = await grant(supervisor, 100)
  const wait = supervisor.authorizeSpawn(100, 'a', { wait: { signal } })
  await supervisor.releaseTicket(ticket)
  t.match(await wait, { ok: true })
  t.equal(getEventListeners(signal, 'abort').length, 0, 'a wait that was granted')
  await supervisor.events({ signal }).return?.()
  t.equal(getEventListeners(signal, 'abort').length, 0, 'a reader that has left')
  await supervisor.registerService('agents')
  const child = await supervisor.service('agents').spawn('true', [], { signal, wait: { signal } })
  await child.exited
  t.equal(getEventListeners(signal, 'abort').length, 0, 'a child that has ended')
})

t.test('a supervisor that is closed leaves its signal', async t => {
  const { signal } = opened()
  const supervisor = createInlineSupervisor({ signal })
  t.equal(getEventListeners(signal, 'abort').length, 1)
  await supervisor.close()
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

function opened(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
