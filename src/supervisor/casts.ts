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
  // Written out: a closure for each operation cost 20 ns a cast.
  const failed = (operation: string, error: unknown) => {
    if (!(error instanceof EspalierError)) throw error
    onFailure(operation, error)
  }
  const check = () => {
    if (isClosed()) throw new EspalierError('closed', 'the supervisor is closed')
  }
  return {
    recordSpawn(parentPid, child, options) {
      try {
        check()
        encoding.record(parentPid, child, options ?? null)
      } catch (error) {
        failed('recordSpawn', error)
      }
    },
    recordSpawnExit(pid, exit) {
      try {
        check()
        encoding.exit(pid, exit)
      } catch (error) {
        failed('recordSpawnExit', error)
      }
    },
    updateChildMetrics(pid, cpuPercent, rssBytes) {
      try {
        check()
        encoding.metrics(pid, cpuPercent, rssBytes)
      } catch (error) {
        failed('updateChildMetrics', error)
      }
    },
    updateServiceMemory(service, bytes) {
      try {
        check()
        encoding.serviceMemory(service, bytes)
      } catch (error) {
        failed('updateServiceMemory', error)
      }
    },
    removeChild(pid) {
      try {
        check()
        encoding.plain(OP.removeChild, pid)
      } catch (error) {
        failed('removeChild', error)
      }
    },
    removeSubtree(pid) {
      try {
        check()
        encoding.plain(OP.removeSubtree, pid)
      } catch (error) {
        failed('removeSubtree', error)
      }
    },
    releaseTicket(ticket) {
      try {
        check()
        encoding.release(ticket)
      } catch (error) {
        failed('releaseTicket', error)
      }
    },
  }
}
