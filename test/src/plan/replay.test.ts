/** Recorded requests, asked again under other limits. */

import t from 'tap'
import type { EspalierEvent } from '../../../protocol/events.js'
import type { LimitsInput } from '../../../protocol/limits.js'
import type { ChronicleEntry } from '../../../protocol/wire/chronicle.js'
import { replay } from '../../../src/plan/replay.js'
import { createInlineSupervisor, manualClock } from '../../../src/testing.js'

const LIMITS: LimitsInput = { children: 3, rate: { limit: 4, windowMs: 1000 } }

/** A root 100 asks eight times, 150 ms apart; every second child ends at once, and the first has a child of its own. */
async function recorded(wallMs = 1_000_000): Promise<ChronicleEntry[]> {
  const clock = manualClock()
  const supervisor = createInlineSupervisor({ clock })
  const leave = new AbortController()
  const events = supervisor.events({ since: {}, signal: leave.signal })
  await supervisor.registerService('web', LIMITS)
  await supervisor.registerServicePid('web', 100)
  for (let i = 0; i < 8; i++) {
    const pid = 200 + i
    const answer = await supervisor.authorizeSpawn(100, `kid${i}`)
    if (answer.ok) {
      await supervisor.recordSpawn(100, { name: `kid${i}`, pid }, { ticket: answer.ticket })
      if (i % 2 === 1) await supervisor.recordSpawnExit(pid, { exitCode: 0 })
    }
    if (i === 0) {
      const below = await supervisor.authorizeSpawn(pid, 'below')
      if (below.ok) await supervisor.recordSpawn(pid, { name: 'below', pid: 300 }, { ticket: below.ticket })
    }
    await clock.advance(150)
  }
  await supervisor.close()
  const entries: ChronicleEntry[] = []
  for await (const event of events) entries.push({ place: entries.length + 1, at: wallMs + event.atMs, event })
  return entries
}

const under = async (entries: readonly ChronicleEntry[], limits: LimitsInput) =>
  (await replay(entries, new Map([['web', limits]])))[0]

t.test('under the same limits nothing changes', async t => {
  const plan = await under(await recorded(), LIMITS)
  t.match(plan, { service: 'web', granted: 6, refused: 3, grantedNow: 6, unasked: 0, peakThen: 4, peakNow: 4 })
  t.same([plan.newlyRefused.size, plan.newlyGranted.size, plan.firstRefused, plan.firstGranted], [0, 0, null, null])
})

t.test('tighter limits refuse what was granted, by rule, the first one named', async t => {
  const plan = await under(await recorded(), { ...LIMITS, children: 1 })
  t.same([...plan.newlyRefused], [['child_limit', 4]])
  t.match(plan.firstRefused, { childName: 'kid1', parentPid: 100, message: /children/ })
  t.ok(plan.grantedNow < plan.granted)
  t.ok(plan.peakNow < plan.peakThen)
})

t.test('who would not have run asks for nothing', async t => {
  const plan = await under(await recorded(), { ...LIMITS, children: 0 })
  t.equal(plan.grantedNow, 0)
  t.equal(plan.unasked, 1, 'the child of the first')
  t.equal(plan.peakNow, 0)
})

t.test('wider limits grant what was refused', async t => {
  const plan = await under(await recorded(), { children: 10, rate: 'none' })
  t.same(
    [...plan.newlyGranted.values()].reduce((sum, one) => sum + one, 0),
    3,
  )
  t.match(plan.firstGranted, { parentPid: 100 })
  t.equal(plan.grantedNow, 9)
})

t.test('two daemons one after the other are one time line', async t => {
  const first = await recorded()
  const second = await recorded(1_100_000)
  const plan = await under([...first, ...second], LIMITS)
  t.match(plan, { granted: 12, refused: 6, unasked: 0 })
})

t.test('who was there before the recording is taken for a root; other services are left out', async t => {
  const entries = (await recorded()).filter(({ event }: { event: EspalierEvent }) => event.kind !== 'root_registered')
  t.match(await under(entries, LIMITS), { granted: 6, grantedNow: 6 })
  t.same(await replay(entries, new Map()), [])
})
