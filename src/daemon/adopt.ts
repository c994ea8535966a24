/** Taking a launched process into the daemon: its place in the book, its token, its output, its end. */

import type { Readable } from 'node:stream'
import type { DaemonContext } from './context.js'
import { followKernel } from './kernel-limits.js'
import { relayOutput } from './output/relay.js'
import type { Sink } from './output/sink.js'
import { labelOf, type ManagedProcess } from './process.js'
import type { StoredExit } from './stored-exit.js'
import type { IssuedToken } from './tokens.js'

/** Pipes of a launched process. */
export interface Outputs {
  readonly stdout: Readable | null
  readonly stderr: Readable | null
}

/** From here on the process is the daemon's until it has exited; its exit is released when it is stored. */
export function adoptProcess(
  context: DaemonContext,
  process: ManagedProcess,
  outputs: Outputs,
  token: IssuedToken,
  held: StoredExit,
): void {
  process.parentPid = context.earlyMoves.take(process.pid) ?? process.parentPid
  context.book.add(process)
  token.bind(process)
  const label = labelOf(process)
  const hear = process.parentPid === null ? (line: string) => context.lines.tell(process.service, line) : undefined
  startRelay(context, label, outputs.stdout, context.stdout, hear)
  startRelay(context, label, outputs.stderr, context.stderr, hear)
  context.tell({ kind: 'started', process })
  process.exited.then(exit => {
    context.book.remove(process)
    token.drop()
    context.tell({ kind: 'exited', process, exit })
    followKernel(context, process, exit)
    context.history.stored().then(held.release)
    context.check()
  })
}

function startRelay(
  context: DaemonContext,
  label: string,
  output: Readable | null,
  sink: Sink,
  hear?: (line: string) => void,
): void {
  if (output === null) return
  const relay = { done: relayOutput(label, output, sink, hear), cut: () => output.destroy() }
  context.relays.add(relay)
  relay.done.then(() => context.relays.delete(relay))
}
