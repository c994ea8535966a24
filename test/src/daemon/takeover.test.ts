/** What a killed daemon left behind, where a pid has had two owners. */

import t from 'tap'
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
  const supervisor = createInlineSupervisor()
  t.teardown(() => supervisor.close())
  await supervisor.registerService('a')
  const context = {
    core: supervisor,
    book: createProcessBook(),
    earlyMoves: createEarlyMoves(),
    tokens: createTokenTable(),
    tell: () => undefined,
    check: () => undefined,
  } as unknown as DaemonContext
  const root = await takeOver(context, 'a', [found(1, 0, 10, false), found(2, 1, 11, true), found(3, 2, 11, false)])
  t.equal(root?.pid, 10)
  t.match(await supervisor.getSpawnTree(10), { processes: 2, liveDescendants: 1 })
})
