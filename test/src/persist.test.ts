import t from 'tap'
import { ATTEMPTS_MAX, persist, persistIfPossible } from '../../src/persist.js'
import { failure } from '../support/fake-core.js'

t.test('an operation whose host is lost is repeated until it answers', async t => {
  let attempts = 0
  const answer = await persist(async () => {
    if (++attempts < 4) throw failure('host_lost')
    return 'done'
  })
  t.equal(answer, 'done')
  t.equal(attempts, 4)
})

t.test('it is not repeated for ever', async t => {
  let attempts = 0
  const lost = persist(async () => {
    attempts++
    throw failure('host_lost')
  })
  await t.rejects(lost, { code: 'host_lost' })
  t.equal(attempts, ATTEMPTS_MAX)
})

t.test('every other failure is final', async t => {
  for (const code of ['closed', 'unavailable', 'invalid_input', 'timeout'] as const) {
    let attempts = 0
    const failing = async () => {
      attempts++
      throw failure(code)
    }
    await t.rejects(persist(failing), { code })
    t.equal(await persistIfPossible(failing), null)
    t.equal(attempts, 2)
  }
})

t.test('what is no failure of an operation is never swallowed', async t => {
  const broken = async () => {
    throw new TypeError('a bug')
  }
  await t.rejects(persistIfPossible(broken), { name: 'TypeError' })
})
