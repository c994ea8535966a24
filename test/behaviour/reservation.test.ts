import t, { type Test } from 'tap'
import type { LimitsInput } from '../../protocol/limits.js'
import type { RefusalCode } from '../../protocol/refusals.js'
import { register } from '../support/acts.js'
import { everywhere, PLACES, type World } from '../support/world.js'

/** Callers at once. */
const CALLERS = 1024

/** None of them is a multiple of a batch or of the number of parents. */
const LIMIT = 137

const EASY: LimitsInput = { rate: 'none', children: 4_000_000, descendants: 4_000_000 }

/** One limit at a time; `parents` share it. */
const LIMITS: readonly (readonly [string, LimitsInput, RefusalCode, number])[] = [
  ['rate', { rate: { limit: LIMIT, windowMs: 1000 } }, 'rate_limit', 1],
  ['children', { children: LIMIT }, 'child_limit', 1],
  ['descendants', { descendants: LIMIT }, 'descendant_limit', 10],
  ['serviceRate', { serviceRate: { limit: LIMIT, windowMs: 1000 } }, 'service_rate_limit', 10],
  ['lifetime', { lifetime: LIMIT }, 'lifetime_limit', 10],
]

for (const [key, limits, code, parents] of LIMITS)
  everywhere(
    t,
    `${CALLERS} concurrent callers against ${key}: admitted equals the limit exactly`,
    async (t, world) => {
      // Two services, so that two hosts have one each and neither may borrow from the other.
      for (const service of [1, 2])
        await register(world.supervisor, `svc-${service}`, { ...EASY, ...limits }, ...roots(service, parents))
      await storm(t, world, parents, code, false)
    },
    PLACES,
  )

everywhere(
  t,
  `${CALLERS} concurrent callers that record what they are granted pass no limit`,
  async (t, world) => {
    for (const service of [1, 2])
      await register(world.supervisor, `svc-${service}`, { ...EASY, descendants: LIMIT }, ...roots(service, 10))
    await storm(t, world, 10, 'descendant_limit', true)
    t.match(await world.supervisor.getSpawnTree(1000), { liveDescendants: LIMIT, reservations: 0 })
  },
  PLACES,
)

async function storm(t: Test, world: World, parents: number, code: RefusalCode, record: boolean): Promise<void> {
  const granted = new Map<number, number>()
  const tickets = new Set<number>()
  const codes = new Set<string>()
  await Promise.all(
    Array.from({ length: CALLERS * 2 }, async (_, caller) => {
      const service = 1 + (caller % 2)
      const parent = roots(service, parents)[Math.floor(caller / 2) % parents]
      const answer = await world.supervisor.authorizeSpawn(parent, 'a')
      if (!answer.ok) {
        codes.add(answer.code)
        return
      }
      granted.set(service, (granted.get(service) ?? 0) + 1)
      tickets.add(answer.ticket)
      if (record)
        await world.supervisor.recordSpawn(parent, { name: 'a', pid: 10_000 + caller }, { ticket: answer.ticket })
    }),
  )
  t.same([granted.get(1), granted.get(2)], [LIMIT, LIMIT], 'of each service')
  t.same([...codes], [code], 'all others were refused by that limit')
  t.equal(tickets.size, LIMIT * 2, 'no ticket was given twice')
}

function roots(service: number, parents: number): number[] {
  return Array.from({ length: parents }, (_, at) => service * 1000 + at)
}
