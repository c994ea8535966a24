import t from 'tap'
import { createTurns } from '../../../src/launcher/turns.js'

t.test('launches that wait together begin in the order asked, others being heard between any two', async t => {
  const turn = createTurns()
  const seen: string[] = []
  const hear = () => {
    seen.push('others')
    if (seen.length < 12) setImmediate(hear)
  }
  setImmediate(hear)
  await Promise.all(['first', 'second', 'third'].map(name => turn().then(() => seen.push(name))))
  const starts = ['first', 'second', 'third'].map(name => seen.indexOf(name))
  t.ok(starts[0] < starts[1] && starts[1] < starts[2])
  for (const [at, start] of starts.entries()) {
    if (at > 0) t.ok(seen.slice(starts[at - 1], start).includes('others'))
  }
})
