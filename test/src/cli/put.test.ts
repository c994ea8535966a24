import { Writable } from 'node:stream'
import t from 'tap'
import { put } from '../../../src/cli/put.js'

t.test('a text is put when its reader has taken all of it', async t => {
  let take: () => void = () => undefined
  const slow = new Writable({
    write(_chunk, _encoding, done) {
      take = done
    },
  })
  let isPut = false
  const putting = put(slow, 'x'.repeat(100_000), 10_000).then(answer => {
    isPut = true
    return answer
  })
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(isPut)
  take()
  t.equal(await putting, true)
})

t.test('a reader that has gone is no failure', async t => {
  const gone = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
  gone.on('error', () => undefined)
  t.equal(await put(gone, 'x', 10_000), false)
  t.equal(await put(gone, 'y', 10_000), false)
})

t.test('a reader that takes nothing is a timeout', async t => {
  const stuck = new Writable({ write: () => undefined })
  await t.rejects(put(stuck, 'x', 20), { code: 'timeout', message: /nobody has read .* 20 ms/ })
})
