import t from 'tap'
import type { Exit } from '../../../protocol/children.js'
import type { EspalierEvent } from '../../../protocol/events.js'
import { adoptProcess } from '../../../src/daemon/adopt.js'
import { createProcessBook } from '../../../src/daemon/book.js'
import type { DaemonContext } from '../../../src/daemon/context.js'
import { createEarlyMoves } from '../../../src/daemon/early-moves.js'
import { hearEvents } from '../../../src/daemon/hear.js'
import type { ManagedProcess } from '../../../src/daemon/process.js'
import { holdExit } from '../../../src/daemon/stored-exit.js'

t.test('a process that was moved before the daemon had it hangs where it was moved', async t => {
  const context = contextThatHears([{ kind: 'child_moved', pid: 12, fromPid: 11, toPid: 10 }])
  await hearEvents(context, new AbortController().signal)
  const child = childOf(11)
  adopt(context, child)
  t.equal(child.parentPid, 10)
  t.equal(context.earlyMoves.size, 0)
})

t.test('a move of one that has ended is not for the next process of its pid', async t => {
  const context = contextThatHears([
    { kind: 'child_moved', pid: 12, fromPid: 11, toPid: 10 },
    { kind: 'child_exited', child: { pid: 12 } },
  ])
  await hearEvents(context, new AbortController().signal)
  const child = childOf(11)
  adopt(context, child)
  t.equal(child.parentPid, 11)
})

t.test('of more moves than are remembered the oldest is forgotten', async t => {
  const moves = createEarlyMoves()
  for (let pid = 1; pid <= 5000; pid++) moves.note(pid, 7)
  t.equal(moves.take(1), null)
  t.equal(moves.take(5000), 7)
  t.ok(moves.size < 5000)
})

function contextThatHears(events: readonly object[]): DaemonContext {
  return {
    core: {
      async *events() {
        for (const event of events) yield event as EspalierEvent
      },
    },
    book: createProcessBook(),
    earlyMoves: createEarlyMoves(),
    chronicle: { append: () => undefined },
    hooks: { hear: () => undefined },
    history: { stored: () => Promise.resolve() },
    tell: () => undefined,
  } as unknown as DaemonContext
}

function childOf(parentPid: number): ManagedProcess {
  const exited = new Promise<Exit>(() => undefined)
  return { service: 'svc', name: 'child', pid: 12, parentPid, depth: 2, exited } as unknown as ManagedProcess
}

function adopt(context: DaemonContext, child: ManagedProcess): void {
  adoptProcess(
    context,
    child,
    { stdout: null, stderr: null },
    { token: '', bind: () => undefined, drop: () => undefined },
    holdExit(),
  )
}
