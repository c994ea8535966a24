/** Restarts against an oracle that recounts from the whole history, whatever the policy and the ends. */

import fc from 'fast-check'
import t from 'tap'
import { decideRestart, isFailure, NO_RESTARTS, type RootEnd } from '../../../actors/restarts/restarts.js'
import { EXIT_REASONS } from '../../../protocol/children.js'
import { RESTART_DEFAULTS, RESTART_POLICIES, type RestartPolicy } from '../../../protocol/restarts.js'

const runs = Number(process.env.ESPALIER_RUNS ?? 1)
const crash = { exitCode: 1, reason: 'self' } as const

const policies: fc.Arbitrary<RestartPolicy> = fc.record({
  when: fc.constantFrom(...RESTART_POLICIES),
  firstMs: fc.integer({ min: 1, max: 500 }),
  longestMs: fc.integer({ min: 500, max: 5000 }),
  intensity: fc.option(
    fc.record({ limit: fc.integer({ min: 1, max: 6 }), windowMs: fc.integer({ min: 100, max: 20_000 }) }),
  ),
})

const steps = fc.array(
  fc.record({
    exit: fc.record({ exitCode: fc.constantFrom(null, 0, 1), reason: fc.constantFrom(...EXIT_REASONS) }),
    livedMs: fc.integer({ min: 0, max: 6000 }),
    chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  }),
  { maxLength: 40 },
)

t.test('whatever ends, a verdict is what the history says', async t => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(policies, steps, (policy, ends) => {
      let log = NO_RESTARTS
      let nowMs = 0
      /** When each restart was decided, and how long lived what followed it. */
      const restarts: { readonly atMs: number; livedMs: number }[] = []
      for (const { exit, livedMs, chance } of ends) {
        nowMs += livedMs
        const last = restarts.at(-1)
        if (last !== undefined) last.livedMs = livedMs
        const end: RootEnd = { exit, livedMs, nowMs, chance }
        const verdict = decideRestart(policy, log, end)
        seen.add(verdict.kind)
        const { intensity } = policy
        const recent = restarts.filter(({ atMs }) => intensity !== null && nowMs - atMs < intensity.windowMs).length
        const row = restarts.length - 1 - restarts.findLastIndex(one => one.livedMs >= policy.longestMs)
        const isAsked = !['stop', 'ttl', 'cascade'].includes(exit.reason)
        if (policy.when === 'never' || !isAsked || (policy.when === 'on-failure' && exit.exitCode === 0)) {
          if (verdict.kind !== 'ended') return false
          // Nobody starts it again; what follows would be another life.
          return true
        }
        if (intensity !== null && recent >= intensity.limit) {
          return verdict.kind === 'failed' && verdict.count === recent && verdict.windowMs === intensity.windowMs
        }
        if (verdict.kind !== 'restart') return false
        const most = Math.min(policy.longestMs, policy.firstMs * 2 ** row)
        if (verdict.delayMs !== Math.floor(chance * most)) return false
        if (verdict.count !== (intensity === null ? row + 1 : recent + 1)) return false
        if (verdict.log.stampsMs.length > (intensity?.limit ?? 0)) return false
        log = verdict.log
        nowMs += verdict.delayMs
        restarts.push({ atMs: end.nowMs, livedMs: 0 })
      }
      return true
    }),
    { numRuns: 2000 * runs },
  )
  t.same([...seen].sort(), ['ended', 'failed', 'restart'], 'every verdict was reached')
})

t.test('by default the sixth crash within a minute is one too many, and a minute later it would not be', async t => {
  const policy = { ...RESTART_DEFAULTS, when: 'on-failure' } as const
  let log = NO_RESTARTS
  for (let nowMs = 0; nowMs < 5; nowMs++) {
    const verdict = decideRestart(policy, log, { exit: crash, livedMs: 0, nowMs, chance: 0.999 })
    t.match(verdict, { kind: 'restart', count: nowMs + 1, delayMs: Math.floor(0.999 * 200 * 2 ** nowMs) })
    if (verdict.kind === 'restart') log = verdict.log
  }
  const sixth = (nowMs: number) => decideRestart(policy, log, { exit: crash, livedMs: 0, nowMs, chance: 0 })
  t.same(sixth(59_999), { kind: 'failed', count: 5, windowMs: 60_000 })
  t.match(sixth(60_000), { kind: 'restart', count: 5 }, 'the first has left the window')
})

t.test('an end that somebody ordered is no failure, and one of which nobody knows is', async t => {
  t.same(
    EXIT_REASONS.filter(reason => isFailure({ exitCode: null, reason })),
    ['self', 'signal', 'quota', 'oom', 'unknown'],
  )
  t.notOk(isFailure({ exitCode: 0, reason: 'self' }))
})
