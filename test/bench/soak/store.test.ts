/** A slice of the campaign, and what it is good for: a value that is wrong is found. */

import t from 'tap'
import { cuts } from '../../../bench/soak/campaigns/cuts.js'
import { flips } from '../../../bench/soak/campaigns/flips.js'
import { store } from '../../../bench/soak/campaigns/store.js'
import { drawFrom } from '../../../bench/soak/draw.js'
import { runCampaign } from '../../../bench/soak/run.js'
import { Model, writeBatches } from '../../../bench/soak/store/model.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import type { StoredRecord } from '../../../src/store/store.js'

const SLICES = [
  { campaign: store, rounds: 20, title: 'a store whose process is killed, or whose batches fail, has everything once' },
  {
    campaign: flips,
    rounds: 60,
    title: 'a store in which a bit has flipped serves nothing wrong, and misses nothing unsaid',
  },
  { campaign: cuts, rounds: 30, title: 'a store that was cut short serves nothing wrong, and misses nothing unsaid' },
] as const

for (const { campaign, rounds, title } of SLICES) {
  t.test(title, async t => {
    const seed = Number(process.env.ESPALIER_SEED ?? 1)
    t.match(await runCampaign(campaign, rounds, seed, () => undefined), { held: true, rounds }, `seed ${seed}`)
  })
}

t.test('a record that is wrong, old or missing is found', async t => {
  const model = new Model()
  const memory = createMemoryStore()
  await writeBatches(memory, model, drawFrom(1), 60)
  const records: StoredRecord[] = []
  for (const kind of ['end', 'life', 'service'] as const) {
    for (const service of ['api', 'web']) for await (const one of memory.read(kind, service)) records.push(one)
  }
  model.judge(records, true)
  const [first, ...rest] = records
  t.throws(() => model.judge(rest, true), { message: /is not served/ })
  t.doesNotThrow(() => model.judge(rest, false), 'unless that is said')
  t.throws(() => model.judge([{ ...first, fields: { at: -1 } }, ...rest], false), { message: /which it never was/ })
  const old = records.map(one => (one.kind === 'service' ? { ...one, fields: { charges: 1 } } : one))
  t.throws(() => model.judge(old, false), { message: /is served as/ })
})
