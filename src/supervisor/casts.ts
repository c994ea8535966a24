/** Casts: the operations that need no answer. One that fails is an event, never an error. */

import { EspalierError } from '../../protocol/failures.js'
import { OP } from '../../protocol/lane/operations.js'
import type { Casts } from '../api.js'
import type { Encoding } from './encoding.js'

/** Each puts the operation into its lane, or says by `onFailure` why it could not. */
export function createCasts(
  encoding: Encoding,
  isClosed: () => boolean,
  onFailure: (operation: string, error: EspalierError) => void,
): Casts {
  const attempt = (operation: string, put: () => unknown) => {
    try {
      if (isClosed()) throw new EspalierError('closed', 'the supervisor is closed')
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
