import t from 'tap'
import { fails, grant, refusal, refused, register, spawnChain, spawnChild } from '../support/acts.js'
import { type Listener, listen } from '../support/listen.js'
import { everywhere } from '../support/world.js'

async function due(heard: Listener): Promise<{ pids: readonly number[]; reason: string }[]> {
  await heard.settle(100)
  return heard.all('termination_due').map(({ pids, reason }) => ({ pids, reason }))
}

everywhere(t, 'memory used is what living roots and nodes hold', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChain(supervisor, 100, 101, 102)
  const used = async () => (await supervisor.getSpawnTree(100))?.memoryUsed
  t.equal(await used(), 0)
  await supervisor.updateChildMetrics(100, 1, 1000)
  await supervisor.updateChildMetrics(101, 2.5, 2 ** 40)
  await supervisor.updateChildMetrics(102, null, 30)
  t.equal(await used(), 1030 + 2 ** 40)
  t.match(await supervisor.getChildren(100), [{ cpuPercent: 2.5, rssBytes: 2 ** 40 }])
  await supervisor.updateChildMetrics(101, null, null)
  t.equal(await used(), 1030)
  t.match(await supervisor.getChildren(100), [{ cpuPercent: null, rssBytes: null }])
  await supervisor.updateChildMetrics(4000, 1, 1)
  await supervisor.recordSpawnExit(102, { exitCode: 0 })
  t.equal(await used(), 1000)
  await supervisor.recordSpawn(100, { name: 'a', pid: 103, rssBytes: 7 })
  t.equal(await used(), 1007)
  await supervisor.removeChild(103)
  t.equal(await used(), 1000)
})

everywhere(t, 'at the quota new spawns are denied, below it they are not', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { totalMemory: '1K' }, 100)
  await supervisor.updateChildMetrics(100, null, 1023)
  await spawnChild(supervisor, 100, 101)
  const heard = listen(supervisor)
  await supervisor.updateChildMetrics(101, null, 1)
  refused(t, await refusal(supervisor, 100), 'memory_quota', { limit: 1024, current: 1024 })
  t.match(await supervisor.canSpawn('svc', 1), { code: 'memory_quota' })
  t.same(await due(heard), [])
  await supervisor.updateChildMetrics(101, null, 0)
  await grant(supervisor, 100)
})

everywhere(t, 'kill_largest ends the largest with what is below it, never a root', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { totalMemory: 1000, memoryAction: 'kill_largest' }, 100)
  await spawnChain(supervisor, 100, 101, 102)
  await spawnChild(supervisor, 100, 103)
  await supervisor.updateChildMetrics(100, null, 900)
  await supervisor.updateChildMetrics(103, null, 40)
  await supervisor.updateChildMetrics(102, null, 10)
  const heard = listen(supervisor)
  await supervisor.updateChildMetrics(101, null, 90)
  t.same(await due(heard), [{ pids: [102, 101], reason: 'quota' }])
})

everywhere(t, 'kill_newest ends the newest', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { totalMemory: 1000, memoryAction: 'kill_newest' }, 100)
  await spawnChild(supervisor, 100, 103)
  await spawnChild(supervisor, 100, 101)
  await spawnChild(supervisor, 100, 102)
  await supervisor.recordSpawnExit(102, { exitCode: 0 })
  const heard = listen(supervisor)
  await supervisor.updateChildMetrics(103, null, 2000)
  t.same(await due(heard), [{ pids: [101], reason: 'quota' }])
})

everywhere(t, 'kill_tree ends them all, deepest first', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { totalMemory: 1000, memoryAction: 'kill_tree' }, 100)
  await spawnChain(supervisor, 100, 101, 102)
  const heard = listen(supervisor)
  await supervisor.updateChildMetrics(102, null, 2000)
  const [order] = await due(heard)
  t.equal(order.reason, 'quota')
  t.same(order.pids.slice(0, 2), [102, 101])
})

everywhere(
  t,
  'what is said of a service as a whole takes the place of the sum, until null is said',
  async (t, { supervisor }) => {
    await register(supervisor, 'svc', { totalMemory: 1000 }, 100)
    await spawnChild(supervisor, 100, 101)
    await supervisor.updateChildMetrics(101, 1, 700)
    await supervisor.updateChildMetrics(100, 1, 400)
    refused(t, await refusal(supervisor, 100), 'memory_quota', { limit: 1000, current: 1100 })
    supervisor.cast.updateServiceMemory('svc', 600)
    await grant(supervisor, 100)
    const tree = async () => {
      const { memoryUsed, memorySource } = (await supervisor.getSpawnTree(100)) ?? {}
      return { memoryUsed, memorySource }
    }
    t.same(await tree(), { memoryUsed: 600, memorySource: 'cgroup' })
    await supervisor.updateChildMetrics(101, 1, 5000)
    t.same(await tree(), { memoryUsed: 600, memorySource: 'cgroup' }, 'a process alone changes nothing')
    t.match(await supervisor.services(), [{ memoryUsed: 600, memorySource: 'cgroup' }])
    await supervisor.updateChildMetrics(101, 1, 500)
    await supervisor.recordSpawn(100, { name: 'late', pid: 102, rssBytes: 70 })
    await supervisor.recordSpawnExit(101, { exitCode: 0 })
    t.same(await tree(), { memoryUsed: 100, memorySource: 'cgroup' }, 'an end is counted at once')
    await supervisor.updateChildMetrics(102, 1, 300)
    await supervisor.recordSpawnExit(102, { exitCode: 0 })
    t.same(await tree(), { memoryUsed: 0, memorySource: 'cgroup' }, 'what it shared is not taken off twice')
    supervisor.cast.updateServiceMemory('svc', null)
    t.same(await tree(), { memoryUsed: 400, memorySource: 'rss' })
    const heard = listen(supervisor)
    supervisor.cast.updateServiceMemory('nobody', 1)
    supervisor.cast.updateServiceMemory('svc', -1)
    await heard.settle(100)
    t.match(heard.all('cast_failed'), [
      { operation: 'updateServiceMemory', message: /nobody/ },
      { operation: 'updateServiceMemory', message: /memory of a service -1 is no size/ },
    ])
  },
)

everywhere(
  t,
  'one word about a service that is over ends as many as must go, and no root',
  async (t, { supervisor }) => {
    await register(supervisor, 'svc', { totalMemory: 1000, memoryAction: 'kill_largest' }, 100)
    for (const pid of [101, 102, 103]) {
      await spawnChild(supervisor, 100, pid)
      await supervisor.updateChildMetrics(pid, null, pid)
    }
    const heard = listen(supervisor)
    supervisor.cast.updateServiceMemory('svc', 1000)
    t.same(await due(heard), [])
    supervisor.cast.updateServiceMemory('svc', 1150)
    t.same(await due(heard), [
      { pids: [103], reason: 'quota' },
      { pids: [102], reason: 'quota' },
    ])
    supervisor.cast.updateServiceMemory('svc', 1150)
    t.equal((await due(heard)).length, 2, 'what was told to end counts no more')
    supervisor.cast.updateServiceMemory('svc', 9000)
    t.same((await due(heard)).slice(2), [{ pids: [101], reason: 'quota' }], 'a root is not ended')
  },
)

everywhere(t, 'sizes are read as people write them', async (t, { supervisor }) => {
  const sizes: readonly (readonly [string | number, number | null])[] = [
    ['512M', 512 * 2 ** 20],
    ['2GB', 2 * 2 ** 30],
    ['1_000_000', 1_000_000],
    [' 2 G ', 2 * 2 ** 30],
    ['512MiB', 512 * 2 ** 20],
    ['1.5G', 1.5 * 2 ** 30],
    ['900_000_000_000_000', 900_000_000_000_000],
    ['99TB', 99 * 2 ** 40],
    ['1k', 1024],
    ['7b', 7],
    [4096, 4096],
    ['none', null],
  ]
  for (const [totalMemory, bytes] of sizes) {
    await register(supervisor, 'svc', { totalMemory }, 100)
    t.equal((await supervisor.getSpawnTree(100))?.memoryQuota, bytes, JSON.stringify(totalMemory))
  }
})

everywhere(t, 'a size that cannot be read is an error that names it', async (t, { supervisor }) => {
  for (const totalMemory of ['1.5X', '', ' ', '-1', '-1M', '99999999T', 'unlimited', 'M', '1e3', '1 2', '0x10', 'NaN'])
    await fails(t, () => supervisor.registerService('svc', { totalMemory }), 'invalid_input', /emory/)
  for (const totalMemory of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
    await fails(t, () => supervisor.registerService('svc', { totalMemory }), 'invalid_input', /emory/)
  t.same(await supervisor.services(), [])
})
