import t from 'tap'
import type { ExitInput, ExitReason } from '../../protocol/children.js'
import { grant, pids, refusal, refused, register, spawnChain, spawnChild } from '../support/acts.js'
import { everywhere } from '../support/world.js'

everywhere(t, 'an exit answers the updated child', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChild(supervisor, 100, 101)
  const child = await supervisor.recordSpawnExit(101, { exitCode: 3, finishedAt: 12_345, reason: 'stop' })
  t.strictSame(child?.lastExit, { exitCode: 3, signal: null, finishedAt: 12_345, reason: 'stop' })
  t.strictSame(await supervisor.getChildren(100), [child])
})

everywhere(t, 'the first exit wins', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChild(supervisor, 100, 101)
  const first = await supervisor.recordSpawnExit(101, { exitCode: 0, finishedAt: 1 })
  t.strictSame(await supervisor.recordSpawnExit(101, { signal: 9, finishedAt: 2 }), first)
  t.strictSame(await supervisor.getChildren(100), [first])
})

everywhere(t, 'what an exit leaves out is filled in', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { rate: 'none' }, 100)
  const inputs: readonly (readonly [ExitInput, ExitReason])[] = [
    [{ exitCode: 0 }, 'self'],
    [{ signal: 15 }, 'signal'],
    [{ exitCode: 1, signal: 9 }, 'signal'],
    [{}, 'unknown'],
    [{ exitCode: null, signal: null, finishedAt: null, reason: null, startTicks: null }, 'unknown'],
    [{ exitCode: 137, reason: 'oom' }, 'oom'],
  ]
  for (const [at, [input, reason]] of inputs.entries()) {
    await spawnChild(supervisor, 100, 101 + at)
    const child = await supervisor.recordSpawnExit(101 + at, input)
    t.strictSame(child?.lastExit, {
      exitCode: input.exitCode ?? null,
      signal: input.signal ?? null,
      finishedAt: child?.startedAt,
      reason,
    })
  }
})

everywhere(t, "another process's ticks are another process's exit", async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChild(supervisor, 100, 101, { startTicks: 50 })
  t.equal(await supervisor.recordSpawnExit(101, { exitCode: 0, startTicks: 51 }), null)
  t.match(await supervisor.getChildren(100), [{ pid: 101, lastExit: null }])
  t.match(await supervisor.recordSpawnExit(101, { exitCode: 0, startTicks: 50 }), { lastExit: { exitCode: 0 } })
  await spawnChild(supervisor, 100, 102)
  t.match(await supervisor.recordSpawnExit(102, { exitCode: 1, startTicks: 9 }), { lastExit: { exitCode: 1 } })
})

everywhere(t, 'an unknown pid has no exit', async (t, { supervisor }) => {
  t.equal(await supervisor.recordSpawnExit(4000, { exitCode: 0 }), null)
  await register(supervisor, 'svc', {}, 100)
  t.equal(await supervisor.recordSpawnExit(4000, { exitCode: 0 }), null)
})

everywhere(t, 'an exit frees its slots at once', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 1, descendants: 1 }, 100)
  await spawnChild(supervisor, 100, 101)
  refused(t, await refusal(supervisor, 100), 'descendant_limit')
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  await spawnChild(supervisor, 100, 102)
  t.match(await supervisor.getSpawnTree(100), { liveDescendants: 1, totalDescendants: 2, processes: 2 })
})

everywhere(t, 'an exited parent is refused', async (t, { supervisor }) => {
  await register(supervisor, 'svc', {}, 100)
  await spawnChild(supervisor, 100, 101)
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  refused(t, await refusal(supervisor, 101), 'parent_exited', { limit: null, current: null })
})

everywhere(t, 'exited records are kept up to the limit, the oldest leave first', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { keepExited: 2 }, 100)
  for (const pid of [101, 102, 103, 104]) await spawnChild(supervisor, 100, pid)
  for (const pid of [103, 101, 104]) await supervisor.recordSpawnExit(pid, { exitCode: 0 })
  t.same(pids(await supervisor.getChildren(100)), [101, 102, 104], '103 ended first')
  t.equal(await supervisor.recordSpawnExit(103, { exitCode: 1 }), null, 'nothing is known of it')
  t.equal(await supervisor.getSpawnTree(103), null)
  t.match(await supervisor.getSpawnTree(100), { totalDescendants: 4, liveDescendants: 1 })
})

everywhere(t, 'keeping none answers the exit and forgets it', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { keepExited: 0 }, 100)
  await spawnChild(supervisor, 100, 101)
  t.match(await supervisor.recordSpawnExit(101, { exitCode: 7 }), { pid: 101, lastExit: { exitCode: 7 } })
  t.same(await supervisor.getChildren(100), [])
})

everywhere(t, 'tracked counting keeps the books of the reference', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { counting: 'tracked', children: 2, descendants: 3, keepExited: 0 }, 100)
  await spawnChain(supervisor, 100, 101, 102)
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  t.match(await supervisor.getChildren(100), [{ pid: 101 }], 'nothing is evicted')
  const { depth, ticket } = await grant(supervisor, 101)
  t.equal(depth, 2, 'an exited parent may spawn')
  await supervisor.releaseTicket(ticket)
  await spawnChild(supervisor, 100, 103)
  refused(t, await refusal(supervisor, 100), 'descendant_limit', { limit: 3 })
  await supervisor.registerService('svc', { counting: 'tracked', children: 2, descendants: 9 })
  refused(t, await refusal(supervisor, 100), 'child_limit', { current: 2 })
  await supervisor.removeChild(103)
  await grant(supervisor, 100)
  t.equal(await supervisor.recordSpawnExit(100, { exitCode: 0 }), null)
  t.equal((await grant(supervisor, 101)).depth, 2, 'a dead root changes nothing')
  await supervisor.unregisterServicePid(100)
  t.not(await supervisor.getSpawnTree(100), null)
})
