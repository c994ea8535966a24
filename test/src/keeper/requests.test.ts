import t from 'tap'
import { Requests } from '../../../src/keeper/requests.js'

const FRAME = [Uint8Array.of(1)]

t.test('an answer settles its question once, and one that nobody waits for is nobody’s', async t => {
  const requests = new Requests<string>(() => true)
  const asked = requests.ask(1, FRAME, 1000)
  t.equal(requests.size, 1)
  t.equal(requests.settle(1, 'yes'), true)
  t.equal(requests.settle(1, 'again'), false)
  t.equal(await asked, 'yes')
  t.equal(requests.size, 0)
})

t.test('a question that is not answered in time fails', async t => {
  const requests = new Requests<string>(() => true)
  await t.rejects(requests.ask(1, FRAME, 5), { code: 'timeout', message: /within 5 ms/ })
  t.equal(requests.size, 0)
})

t.test('over a new link what never left is sent; what had left is asked again or lost', async t => {
  let isLinked = true
  const sent: number[] = []
  const send = (frame: Uint8Array) => {
    if (isLinked) sent.push(frame[0])
    return isLinked
  }
  const orders = new Requests<string>(send)
  const spawns = new Requests<string>(send)
  const asked = [orders.ask(1, FRAME, 1000), spawns.ask(2, [Uint8Array.of(2)], 1000)]
  isLinked = false
  const waiting = spawns.ask(3, [Uint8Array.of(3)], 1000)
  isLinked = true
  orders.resend()
  spawns.resend(id => (id === 2 ? new Error('lost') : null))
  t.same(sent, [1, 2, 1, 3])
  await t.rejects(asked[1], { message: 'lost' })
  orders.settle(1, 'yes')
  spawns.settle(3, 'yes')
  t.same(await Promise.all([asked[0], waiting]), ['yes', 'yes'])
})

t.test('when all fail, all that wait are told', async t => {
  const requests = new Requests<string>(() => false)
  const asked = [requests.ask(1, FRAME, 1000), requests.ask(2, FRAME, 1000)]
  requests.failAll(() => new Error('gone'))
  for (const one of asked) await t.rejects(one, { message: 'gone' })
})
