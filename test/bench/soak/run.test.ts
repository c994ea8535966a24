import t from 'tap'
import { type Campaign, Violation } from '../../../bench/soak/campaign.js'
import { drawFrom } from '../../../bench/soak/draw.js'
import { type Progress, runCampaign } from '../../../bench/soak/run.js'

/** A campaign whose rounds do this; `closed` counts its ends. */
function campaign(round: (seed: number) => Promise<void>) {
  const closed = { times: 0 }
  const it: Campaign = {
    name: 'it',
    summary: 'is it',
    rounds: 3,
    open: async () => ({
      round,
      close: async () => {
        closed.times++
      },
    }),
  }
  return { it, closed }
}

t.test('each round has a seed of its own, and tells how far the campaign is', async t => {
  const seeds: number[] = []
  const told: Progress[] = []
  const { it, closed } = campaign(async seed => {
    seeds.push(seed)
  })
  const outcome = await runCampaign(it, 3, 2 ** 31 - 2, progress => told.push(progress))
  t.match(outcome, { held: true, rounds: 3 })
  t.same(seeds, [2 ** 31 - 2, 2 ** 31 - 1, 0])
  t.match(told, [{ done: 1, rounds: 3 }, { done: 2 }, { done: 3, leftMs: 0 }])
  t.equal(closed.times, 1)
})

t.test('a violation ends it with the seed of its round', async t => {
  const { it, closed } = campaign(async seed => {
    if (seed === 12) throw new Violation('one too many')
  })
  const outcome = await runCampaign(it, 9, 10, () => undefined)
  t.same(outcome, { held: false, round: 3, seed: 12, reason: 'one too many', report: [] })
  t.equal(closed.times, 1)
})

t.test('any other error is no violation, and still closes', async t => {
  const { it, closed } = campaign(async () => {
    throw new Error('a bug of ours')
  })
  await t.rejects(
    runCampaign(it, 1, 0, () => undefined),
    { message: 'a bug of ours' },
  )
  t.equal(closed.times, 1)
})

t.test('a seed draws the same each time, every number in range', async t => {
  const draw = () => {
    const { upTo } = drawFrom(7)
    return Array.from({ length: 200 }, () => upTo(9))
  }
  t.same(draw(), draw())
  t.same(new Set(draw()), new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
  t.ok(['a', 'b'].includes(drawFrom(3).oneOf(['a', 'b'])))
})
