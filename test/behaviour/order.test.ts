import t from 'tap'
import type { LimitsInput } from '../../protocol/limits.js'
import type { RefusalCode } from '../../protocol/refusals.js'
import { grant, refusal, refused, register, spawnChain } from '../support/acts.js'
import { everywhere } from '../support/world.js'

/** Everything 102 and its exited parent 101 could break is broken under these. */
const TIGHT: LimitsInput = {
  rate: '0/1s',
  depth: 2,
  descendants: 1,
  totalMemory: 1000,
  children: 0,
  ttlMaxMs: 10,
  serviceRate: '2/1s',
  lifetime: 2,
  terminationPolicy: 'orphan',
}

/** What is lifted in turn, and what then refuses. */
const LIFTED: readonly (readonly [LimitsInput, RefusalCode, { limit: number | null; current: number | null }])[] = [
  [{}, 'rate_limit', { limit: 0, current: 0 }],
  [{ rate: 'none' }, 'depth_limit', { limit: 2, current: 3 }],
  [{ depth: 64 }, 'descendant_limit', { limit: 1, current: 1 }],
  [{ descendants: 100 }, 'memory_quota', { limit: 1000, current: 1000 }],
  [{ totalMemory: 'none' }, 'child_limit', { limit: 0, current: 0 }],
  [{ children: 100 }, 'ttl_limit', { limit: 10, current: 11 }],
  // A rate counts from when it is set (docs/SEMANTICS), so this one has nothing against a spawn yet.
  [{ ttlMaxMs: 'none', serviceRate: 'none' }, 'lifetime_limit', { limit: 2, current: 2 }],
]

everywhere(
  t,
  'the checks come in the order of the reference, then parent, ttl, service rate, lifetime',
  async (t, { supervisor }) => {
    await register(supervisor, 'svc', { terminationPolicy: 'orphan' }, 100)
    await spawnChain(supervisor, 100, 101, 102)
    await supervisor.recordSpawnExit(101, { exitCode: 0 })
    await supervisor.updateChildMetrics(102, null, 1000)
    let limits = TIGHT
    for (const [lift, code, figures] of LIFTED) {
      limits = { ...limits, ...lift }
      await supervisor.registerService('svc', limits)
      refused(t, await refusal(supervisor, 102, 11), code, figures)
      if (code === 'child_limit') {
        const exited = await refusal(supervisor, 101, 11)
        refused(t, exited, 'child_limit', { limit: 0 })
      }
      if (code === 'ttl_limit') refused(t, await refusal(supervisor, 101, 11), 'parent_exited')
    }
    await supervisor.registerService('svc', { ...limits, lifetime: 'none' })
    t.equal((await grant(supervisor, 102, 11)).depth, 3)
  },
)

everywhere(t, 'a pid nobody registered is refused, with one service or none', async (t, { supervisor }) => {
  refused(t, await refusal(supervisor, 4000), 'no_tree', {
    message: 'Spawn authorization failed: No spawn tree found for process',
    limit: null,
    current: null,
  })
  await register(supervisor, 'svc', { rate: '0/1s' }, 100)
  refused(t, await refusal(supervisor, 4000), 'no_tree')
})

everywhere(t, 'every text of the reference is exact', async (t, { supervisor }) => {
  const texts: Record<string, string> = {
    depth_limit: 'Spawn limit exceeded: Maximum spawn depth reached',
    descendant_limit: 'Spawn limit exceeded: Descendant limit exceeded',
    memory_quota: 'Spawn limit exceeded: Memory quota exceeded',
    child_limit: 'Spawn limit exceeded: Maximum direct children reached',
  }
  await register(supervisor, 'a', { depth: 1 }, 100)
  await register(supervisor, 'b', { descendants: 0 }, 200)
  await register(supervisor, 'c', { totalMemory: 10 }, 300)
  await supervisor.updateChildMetrics(300, null, 10)
  await register(supervisor, 'd', { children: 0 }, 400)
  for (const pid of [100, 200, 300, 400]) {
    const answer = await refusal(supervisor, pid)
    t.equal(answer.message, texts[answer.code], answer.code)
  }
})

everywhere(t, 'each decision has an id of its own', async (t, { supervisor }) => {
  await register(supervisor, 'a', { children: 0 }, 100)
  await register(supervisor, 'b', { children: 0 }, 200)
  const ids = new Set<string>()
  for (let n = 0; n < 20; n++) ids.add((await refusal(supervisor, n % 2 === 0 ? 100 : 200)).decisionId)
  t.equal(ids.size, 20)
})

everywhere(t, 'zero allows none', async (t, { supervisor }) => {
  const zeros: readonly (readonly [LimitsInput, RefusalCode])[] = [
    [{ children: 0 }, 'child_limit'],
    [{ descendants: 0 }, 'descendant_limit'],
    [{ depth: 0 }, 'depth_limit'],
    [{ lifetime: 0 }, 'lifetime_limit'],
    [{ serviceRate: '0/1s' }, 'service_rate_limit'],
  ]
  for (const [at, [limits, code]] of zeros.entries()) {
    await register(supervisor, `svc-${at}`, limits, 100 + at)
    refused(t, await refusal(supervisor, 100 + at), code, { limit: 0 })
  }
})
