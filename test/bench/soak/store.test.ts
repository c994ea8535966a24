/** A slice of the campaign, and what it is good for: a value that is wrong is found. */

import t from 'tap'
import { cCompiler } from '../../../bench/fork-storm/compiler.js'
import { cuts } from '../../../bench/soak/campaigns/cuts.js'
import { events } from '../../../bench/soak/campaigns/events.js'
import { flips } from '../../../bench/soak/campaigns/flips.js'
import { store } from '../../../bench/soak/campaigns/store.js'
import { writes } from '../../../bench/soak/campaigns/writes.js'
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
  { campaign: events, rounds: 3, title: 'what a daemon remembers of events stays within its bounds, on the disk too' },
] as const

/** Calls of a writer of which each kind of failure is tried: its log, the ledger, the first wait for the disk. */
const SEEDS_PER_CALL = 8
const CALLS = [4, 14, 20]

t.test(
  'a write that fails, torn or not, once or for good, is said, and loses nothing that was kept',
  { skip: cCompiler() === null },
  async t => {
    for (const call of CALLS) {
      const seed = call * SEEDS_PER_CALL
      t.match(await runCampaign(writes, SEEDS_PER_CALL, seed, () => undefined), { held: true }, `seed ${seed}`)
    }
  },
)

for (const { campaign, rounds, title } of SLICES) {
  t.test(title, async t => {
    const seed = Number(process.env.ESPALIER_SEED ?? 1)
    t.match(await runCampaign(campaign, rounds, seed, () => undefined), { held: true, rounds }, `seed ${seed}`)
  })
}

t.test('of what was told not to be stored the one before may be there, and nothing older', async t => {
  const model = new Model()
  const place = { kind: 'service', service: 'web', number: 0 } as const
  const charged = (charges: number) => ({ ...place, fields: { charges } })
  for (const charges of [1, 2]) model.take(charged(charges))
  model.take(charged(3), false)
  for (const charges of [2, 3]) model.judge([charged(charges)], true)
  t.throws(() => model.judge([charged(1)], true), { message: /is served as/ })
  t.throws(() => model.judge([], true), { message: /is not served/ })
})

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
