/** What a killed daemon left behind, where a pid has had two owners. */

import t, { type Test } from 'tap'
import { TOKEN_LENGTH } from '../../../protocol/wire/requests.js'
import { createProcessBook } from '../../../src/daemon/book.js'
import type { DaemonContext } from '../../../src/daemon/context.js'
import { createEarlyMoves } from '../../../src/daemon/early-moves.js'
import { takeOver } from '../../../src/daemon/takeover.js'
import { createTokenTable } from '../../../src/daemon/tokens.js'
import { writeWord } from '../../../src/daemon/word.js'
import type { FoundProcess, LaunchedProcess } from '../../../src/launch.js'
import { createInlineSupervisor } from '../../../src/testing.js'

function found(id: number, parentId: number, pid: number, hasEnded: boolean): FoundProcess {
  const word = writeWord({
    role: parentId === 0 ? 'root' : 'child',
    name: `n${id}`,
    token: `${id}`.padStart(TOKEN_LENGTH, '0'),
    ttlMs: null,
    argv: ['x'],
  })
  const process = { stdout: null, stderr: null, exited: new Promise(() => undefined) } as unknown as LaunchedProcess
  return { id, parentId, pid, startTicks: id, startedAt: 0, word, hasEnded, process: hasEnded ? null : process }
}

t.test('a process that has the pid of its dead parent is taken over, below the root', async t => {
  const context = await contextFor(t, 'a')
  const root = await takeOver(context, 'a', [found(1, 0, 10, false), found(2, 1, 11, true), found(3, 2, 11, false)])
  t.equal(root?.pid, 10)
  t.match(await context.core.getSpawnTree(10), { processes: 2, liveDescendants: 1 })
})

t.test('one whose pid is a younger process of another service by now leaves that one alone', async t => {
  const context = await contextFor(t, 'a', 'b')
  await takeOver(context, 'a', [found(7, 0, 11, false)])
  await takeOver(context, 'b', [found(1, 0, 10, false), found(2, 1, 11, true), found(3, 2, 12, false)])
  t.match(await context.core.getSpawnTree(11), { serviceName: 'a', processes: 1, liveDescendants: 0 })
  t.match(await context.core.getSpawnTree(12), { serviceName: 'b', processes: 2, liveDescendants: 1 })
})

t.test(
  'what is taken over has happened before: it is no event, takes no slot of a rate, and is no overrun',
  async t => {
    const context = await contextFor(t, 'a')
    const { core } = context
    await core.registerService('a', { rate: '2/1s', serviceRate: '3/1h', children: 3 })
    const kinds: string[] = []
    const hearing = (async () => {
      for await (const { kind } of core.events()) kinds.push(kind)
    })()
    const children = [2, 3, 4, 5, 6].map(id => found(id, 1, 10 + id, false))
    await takeOver(context, 'a', [found(1, 0, 10, false), ...children])
    t.match(await core.getSpawnTree(10), { liveDescendants: 5 })
    t.match(await core.authorizeSpawn(10, 'x'), { ok: false, code: 'child_limit', current: 5 })
    await core.registerService('a', { rate: '2/1s', serviceRate: '3/1h' })
    t.match(await core.authorizeSpawn(10, 'x'), { ok: true })
    await core.close()
    await hearing
    t.same(kinds.slice(0, 4), ['root_registered', 'spawn_refused', 'service_registered', 'spawn_granted'])
  },
)

async function contextFor(t: Test, ...services: readonly string[]): Promise<DaemonContext> {
  const supervisor = createInlineSupervisor()
  t.teardown(() => supervisor.close())
  for (const service of services) await supervisor.registerService(service)
  return {
    core: supervisor,
    book: createProcessBook(),
    earlyMoves: createEarlyMoves(),
    tokens: createTokenTable(),
    tell: () => undefined,
    check: () => undefined,
  } as unknown as DaemonContext
}
