import t from 'tap'
import { openEscapes } from '../../../bench/soak/campaigns/escapes.js'
import { WAYS } from '../../../bench/soak/escapes/ways.js'
import { hasKeeper } from '../../../src/keeper/program.js'

t.test('nothing survives an order, whatever it did to get away', { skip: !hasKeeper() }, async t => {
  const campaign = openEscapes(true)
  t.teardown(() => campaign.close())
  await campaign.round(1)
  const lines = campaign.report?.() ?? []
  for (const way of WAYS)
    t.match(
      lines.find(line => line.includes(way)),
      /0 of 1.*0 of 1/,
    )
})
