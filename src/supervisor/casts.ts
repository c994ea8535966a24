/** Casts: the operations that need no answer. One that fails is an event, never an error. */

import type { ChildInput, ExitInput } from '../../protocol/children.js'
import { EspalierError } from '../../protocol/failures.js'
import { OP } from '../../protocol/lane/operations.js'
import type { Casts, RecordOptions } from '../api.js'

/** What casts need of a supervisor: each puts the operation into its lane, or throws an EspalierError. */
export interface Encoding {
  record(parentPid: number, child: ChildInput, options: RecordOptions | null): unknown
  exit(pid: number, exit: ExitInput): unknown
  metrics(pid: number, cpuPercent: number | null, rssBytes: number | null): unknown
  plain(code: number, pid: number): unknown
  release(ticket: number): unknown
  isClosed(): boolean
}

export function createCasts(encoding: Encoding, onFailure: (operation: string, error: EspalierError) => void): Casts {
  const attempt = (operation: string, put: () => unknown) => {
    try {
      if (encoding.isClosed()) throw new EspalierError('closed', 'the supervisor is closed')
      put()
    } catch (error) {
      if (!(error instanceof EspalierError)) throw error
      onFailure(operation, error)
    }
  }
  return {
    recordSpawn: (parentPid, child, options) =>
      attempt('recordSpawn', () => encoding.record(parentPid, child, options ?? null)),
    recordSpawnExit: (pid, exit) => attempt('recordSpawnExit', () => encoding.exit(pid, exit)),
    updateChildMetrics: (pid, cpuPercent, rssBytes) =>
      attempt('updateChildMetrics', () => encoding.metrics(pid, cpuPercent, rssBytes)),
    removeChild: pid => attempt('removeChild', () => encoding.plain(OP.removeChild, pid)),
    removeSubtree: pid => attempt('removeSubtree', () => encoding.plain(OP.removeSubtree, pid)),
    releaseTicket: ticket => attempt('releaseTicket', () => encoding.release(ticket)),
  }
}
