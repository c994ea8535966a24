import t from 'tap'
import { pausesOf } from '../../../bench/fork-storm/pauses.js'

t.test('a loop that is kept busy is seen, be it to the very end', async t => {
  const { result, pauses } = await pausesOf(async () => {
    const endMs = performance.now() + 60
    while (performance.now() < endMs);
    return 'done'
  })
  t.equal(result, 'done')
  t.ok(pauses.maxMs >= 50, `${pauses.maxMs} ms`)
  t.ok(pauses.p50Ms <= pauses.p99Ms && pauses.p99Ms <= pauses.maxMs)
})
