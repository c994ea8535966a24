/** A slice of the campaign, and what it is good for: an authority that admits one too many is found. */

import t, { type Test } from 'tap'
import { besiege, limit, type Place } from '../../../bench/soak/campaigns/limit.js'
import { drawFrom } from '../../../bench/soak/draw.js'
import { runCampaign } from '../../../bench/soak/run.js'
import type { Supervisor } from '../../../src/index.js'
import { createInlineSupervisor, manualClock } from '../../../src/testing.js'

const ROUNDS = 4

t.test('every limit admits exactly what it says, on 1 and 2 hosts', async t => {
  const seed = Number(process.env.ESPALIER_SEED ?? 1)
  t.match(await runCampaign(limit, ROUNDS, seed, () => undefined), { held: true, rounds: ROUNDS }, `seed ${seed}`)
})

t.test('an authority that once admits one too many is found', async t => {
  const { place, open } = leaky(t)
  const round = besiege(place)
  await round(drawFrom(1))
  open()
  await t.rejects(round(drawFrom(2)), { name: 'Violation', message: /inline: .* were admitted, not / })
})

/** An inline supervisor that turns the next refusal into a grant once it is opened. */
function leaky(t: Test): { readonly place: Place; readonly open: () => void } {
  const clock = manualClock()
  const supervisor = createInlineSupervisor({ clock })
  t.teardown(() => supervisor.close())
  let isOpen = false
  const authorizeSpawn: Supervisor['authorizeSpawn'] = async (...args) => {
    const answer = await supervisor.authorizeSpawn(...args)
    if (answer.ok || !isOpen) return answer
    isOpen = false
    return { ok: true, depth: 1, rootService: 'svc', ticket: 0, expiresAtMs: 0 }
  }
  const wrapped = new Proxy(supervisor, {
    get: (target, key) =>
      key === 'authorizeSpawn' ? authorizeSpawn : bound(target, Reflect.get(target, key, target) as unknown),
  })
  const open = () => {
    isOpen = true
  }
  return { place: { name: 'inline', supervisor: wrapped, clock }, open }
}

function bound(target: object, value: unknown): unknown {
  return typeof value === 'function' ? value.bind(target) : value
}
