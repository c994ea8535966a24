import t from 'tap'
import { SERVICES_NAMED_MAX } from '../../../src/metrics/counters.js'
import { grant, refusal, register, spawnChild } from '../../support/acts.js'
import { readPrometheus } from '../../support/prometheus.js'
import { everywhere } from '../../support/world.js'

everywhere(t, 'what happened since the first call is counted by service, code and reason', async (t, world) => {
  const { supervisor } = world
  await register(supervisor, 'svc', { children: 2, rate: 'none', totalMemory: 1_000_000 }, 100)
  await grant(supervisor, 100)
  const before = readPrometheus(await supervisor.metrics()).series
  t.equal(before.get('espalier_spawns_granted_total{service=svc}'), undefined, 'counting begins now')
  t.equal(before.get('espalier_tickets{service=svc}'), 1)
  await spawnChild(supervisor, 100, 101)
  for (let i = 0; i < 3; i++) await refusal(supervisor, 100)
  await refusal(supervisor, 999)
  await supervisor.updateChildMetrics(101, 1, 500_000)
  const { series, types } = readPrometheus(await supervisor.metrics())
  for (const [key, value] of Object.entries({
    'espalier_services{}': 1,
    'espalier_services_pooled{}': 0,
    'espalier_spawns_granted_total{service=svc}': 1,
    'espalier_spawns_total{service=svc}': 1,
    'espalier_refusals_total{code=child_limit,service=svc}': 3,
    'espalier_refusals_total{code=no_tree}': 1,
    'espalier_roots{service=svc}': 1,
    'espalier_descendants{service=svc}': 1,
    'espalier_tickets{service=svc}': 1,
    'espalier_memory_bytes{service=svc}': 500_000,
    'espalier_limit{key=children,service=svc}': 2,
    'espalier_limit{key=total_memory,service=svc}': 1_000_000,
    'espalier_host_up{host=0}': 1,
    'espalier_waiting{}': 0,
  })) {
    t.equal(series.get(key), value, key)
  }
  t.notOk(series.has('espalier_limit{key=rate,service=svc}'), 'a limit that is lifted has no figure')
  t.equal(types.get('espalier_authorize_seconds'), 'histogram')
  t.ok((series.get('espalier_authorize_seconds_count{}') ?? 0) >= 4)
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  await supervisor.recordSpawnExit(100, { signal: 9 })
  const after = readPrometheus(await supervisor.metrics()).series
  t.equal(after.get('espalier_exits_total{reason=self,role=child,service=svc}'), 1)
  t.equal(after.get('espalier_exits_total{reason=signal,role=root,service=svc}'), 1)
})

everywhere(t, 'who waits, and grants that expire, are seen', async (t, { supervisor, clock }) => {
  await register(supervisor, 'svc', { children: 1, rate: 'none', ticketTtlMs: 1000 }, 100)
  await supervisor.metrics()
  await grant(supervisor, 100)
  const gone = new AbortController()
  const waiting = supervisor.authorizeSpawn(100, 'a', { wait: { signal: gone.signal } })
  await refusal(supervisor, 100)
  t.equal(readPrometheus(await supervisor.metrics()).series.get('espalier_waiting{}'), 1)
  gone.abort()
  await t.rejects(waiting, { code: 'aborted' })
  await clock.advance(1000)
  await supervisor.services()
  t.equal(readPrometheus(await supervisor.metrics()).series.get('espalier_tickets_expired_total{service=svc}'), 1)
})

everywhere(t, 'ten thousand children are as many series as one', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 10_000, descendants: 10_000, rate: 'none' }, 100)
  await supervisor.metrics()
  const children = async (from: number, to: number) => {
    for (let pid = from; pid < to; pid++) supervisor.cast.recordSpawn(100, { name: `child-${pid}`, pid })
    return readPrometheus(await supervisor.metrics()).series
  }
  const one = await children(1000, 1001)
  const many = await children(1001, 11_000)
  t.equal(many.get('espalier_descendants{service=svc}'), 10_000)
  t.same([...many.keys()], [...one.keys()])
})

everywhere(
  t,
  'services beyond the bound share their series, and nothing is lost',
  async (t, { supervisor }) => {
    const count = SERVICES_NAMED_MAX + 20
    await supervisor.metrics()
    const all = Array.from({ length: count }, (_, index) => index)
    await Promise.all(all.map(index => supervisor.registerService(`svc-${index}`)))
    await Promise.all(all.map(index => supervisor.registerServicePid(`svc-${index}`, 100 + index)))
    await Promise.all(all.map(index => grant(supervisor, 100 + index)))
    const { series } = readPrometheus(await supervisor.metrics())
    const sum = (name: string) =>
      [...series].filter(([key]) => key.startsWith(`${name}{`)).reduce((total, [, value]) => total + value, 0)
    t.equal(series.get('espalier_services_pooled{}'), 20)
    t.equal(series.get('espalier_roots{service=(other)}'), 20)
    t.equal(sum('espalier_spawns_granted_total'), count)
    await supervisor.unregisterService('svc-0')
    const after = readPrometheus(await supervisor.metrics()).series
    t.notOk(
      [...after.keys()].some(key => key.includes('svc-0}')),
      'the series of a service end with it',
    )
  },
  ['inline'],
)
