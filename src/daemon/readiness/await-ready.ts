/** Waiting until a service is ready, by what its config calls ready, and no longer than that allows. */

import { setTimeout as delay } from 'node:timers/promises'
import { EspalierError } from '../../../protocol/failures.js'
import { formatDuration } from '../../../protocol/format.js'
import type { ReadyProbe } from '../../config/types.js'
import { type ExecTry, tryExec } from './exec.js'
import { createMatcher } from './matching.js'
import type { RootLines } from './root-lines.js'

/** Longest single try of a program, in ms. */
const TRY_MS = 10_000

export interface Awaited {
  readonly service: string
  /** Where and as whom a program is tried. */
  readonly place: Omit<ExecTry, 'command'>
  /** For a probe of kind `log`: from before its root was started. */
  readonly lines: RootLines | null
  /** Gives the waiting up: it resolves then. */
  readonly signal: AbortSignal
}

/** Resolves when it is ready, or at the signal. @throws {EspalierError} `timeout`, with how the last try failed */
export async function awaitReady(probe: ReadyProbe, awaited: Awaited): Promise<void> {
  const deadline = performance.now() + probe.timeoutMs
  const why = probe.kind === 'exec' ? await byExec(probe, awaited, deadline) : await byLog(probe, awaited)
  if (why === null || awaited.signal.aborted) return
  throw new EspalierError(
    'timeout',
    `service ${awaited.service} is not ready within ${formatDuration(probe.timeoutMs)}: ${why}; ` +
      'mend it, or raise ready.timeout',
  )
}

async function byExec(
  { command, intervalMs }: Extract<ReadyProbe, { kind: 'exec' }>,
  { place, signal }: Awaited,
  deadline: number,
): Promise<string | null> {
  let last: string | null = null
  for (;;) {
    const leftMs = Math.max(1, deadline - performance.now())
    const answer = await tryExec({ ...place, command }, Math.min(TRY_MS, leftMs), signal)
    if (answer === null || signal.aborted) return null
    // One that was cut short by the end of the time says less than the one before.
    if (performance.now() < deadline || last === null) last = answer
    // One that could only begin when the time is over could not say anything better.
    if (performance.now() + intervalMs >= deadline) return `${JSON.stringify(command.join(' '))}: ${last}`
    await pause(intervalMs, signal)
  }
}

async function byLog(
  { pattern, timeoutMs }: Extract<ReadyProbe, { kind: 'log' }>,
  { lines, signal }: Awaited,
): Promise<string | null> {
  const matches = createMatcher(pattern)
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  lines?.watch(line => {
    if (!over.signal.aborted && matches(line)) over.abort()
  }, either)
  const isFound = await pause(timeoutMs, either)
  over.abort()
  return isFound ? null : `no line of its output has ${JSON.stringify(pattern)}`
}

/** True when the signal came first. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal })
    return false
  } catch (error) {
    if (signal.aborted) return true
    throw error
  }
}
