import t from 'tap'
import { createTurns } from '../../../src/daemon/turns.js'

t.test('each waits for those before it, those that fail too', async t => {
  const turns = createTurns()
  const said: string[] = []
  let open: () => void = () => undefined
  const first = turns(async () => {
    await new Promise<void>(settle => {
      open = settle
    })
    said.push('first')
    throw new Error('it failed')
  })
  const second = turns(async () => {
    said.push('second')
    return 2
  })
  await Promise.resolve()
  open()
  await t.rejects(first, { message: 'it failed' })
  t.equal(await second, 2)
  t.strictSame(said, ['first', 'second'])
})
