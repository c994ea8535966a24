/** Hearing from the supervisor what it decided about processes: who must end, who hangs elsewhere now. */

import { EspalierError } from '../../protocol/failures.js'
import type { DaemonContext } from './context.js'

/** Follows the supervisor's events until the signal; resolves then, or when the supervisor closes. Never rejects. */
export async function hearEvents(context: DaemonContext, signal: AbortSignal): Promise<void> {
  const { core, book, earlyMoves, peripherals, tell } = context
  try {
    for await (const event of core.events({ signal })) {
      context.chronicle.append(event)
      context.hooks.hear(event)
      if (event.kind === 'termination_due') {
        const processes = event.pids.map(pid => book.find(pid)).filter(process => process !== undefined)
        const running = processes.filter(process => process.state === 'running')
        for (const process of running) process.state = 'ending'
        if (running.length > 0) tell({ kind: 'ending', processes: running, reason: event.reason })
        peripherals.end(event.pids)
      } else if (event.kind === 'child_moved') {
        const process = book.find(event.pid)
        if (process === undefined) {
          earlyMoves.note(event.pid, event.toPid)
          continue
        }
        process.parentPid = event.toPid
        tell({ kind: 'moved', process, toPid: event.toPid })
      } else if (event.kind === 'child_exited') {
        earlyMoves.forget(event.child.pid)
      } else if (event.kind === 'cast_failed') {
        tell({ kind: 'trouble', message: `${event.operation}: ${event.message}` })
      }
    }
  } catch (error) {
    if (signal.aborted) return
    // Without events the tree on show is less exact; the processes are supervised all the same.
    if (!(error instanceof EspalierError)) throw error
    tell({ kind: 'trouble', message: `events of the supervisor are no longer heard: ${error.message}` })
  }
}
