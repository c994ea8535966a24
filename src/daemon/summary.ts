/** What a run came to. */

import { formatBytes } from '../../protocol/format.js'
import type { RefusalCode } from '../../protocol/refusals.js'

export interface RunSummary {
  /** Children spawned; roots are not among them. */
  readonly spawned: number
  readonly refused: readonly (readonly [RefusalCode, number])[]
  /** Most processes at one time, roots included. */
  readonly peakProcesses: number
  /** Most memory of all processes together that a round of the meter saw, in bytes; 0 when none was made. */
  readonly peakMemoryBytes: number
  /** Pids of those still there. */
  readonly survivors: readonly number[]
}

/** The summary as lines for people. */
export function summaryLines(summary: RunSummary): readonly string[] {
  const { spawned, refused, peakProcesses, peakMemoryBytes, survivors } = summary
  const total = refused.reduce((sum, [, count]) => sum + count, 0)
  const codes = refused.map(([code, count]) => `${code} ${count}`).join(', ')
  const alive = survivors.length === 0 ? '' : ` (pid ${survivors.slice(0, 20).join(', ')})`
  return [
    'summary',
    `  spawned         ${spawned}`,
    `  refused         ${total}${codes === '' ? '' : ` (${codes})`}`,
    `  peak processes  ${peakProcesses}`,
    `  peak memory     ${peakMemoryBytes === 0 ? 'not measured' : formatBytes(peakMemoryBytes)}`,
    `  survivors       ${survivors.length}${alive}`,
  ]
}
