/** What a keeper tells of a process that was launched before this daemon came. */

import type { FoundProcess } from '../launch.js'
import type { KeptProcess } from './kept.js'
import type { LiveReport } from './session.js'

/** `process` null: it has ended and its exit was applied, or it could not be watched. */
export function foundProcess({ id, fields, tail }: LiveReport, process: KeptProcess | null): FoundProcess {
  const { parentId, pid, startTicks, startedMs: startedAt, exited } = fields
  const word = new TextDecoder().decode(tail)
  return { id, parentId, pid, startTicks, startedAt, hasEnded: exited > 0, word, process }
}
