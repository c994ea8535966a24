/** Logs as they are written: looked at again and again, and shown as fast as they are read there. */

import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import type { LogLine } from './line.js'
import type { LogTail } from './tail.js'

/** Between two looks at files in which nothing was new, in ms. */
const LOOK_MS = 50

/** Looks without news after which a line without an end is shown as it is. */
const QUIET_LOOKS = 20

/** Who reads along. */
export interface LogReader {
  /** Shows lines; resolves when more may come. False: nobody reads any more. */
  show(lines: readonly LogLine[]): Promise<boolean>
  /** So many files of a service were gone before they were read. */
  missed(service: string, files: number): void
}

/**
 * Shows what is written until `signal` says that the last line has been, which is shown too, or nobody reads any more. A slow
 * reader holds nobody up: the files go on, and those that are gone when it comes to them are told.
 */
export async function followLogs(
  tailsNow: () => readonly LogTail[],
  reader: LogReader,
  signal: AbortSignal,
): Promise<void> {
  let quiet = 0
  for (;;) {
    const isLast = signal.aborted
    let isNew = false
    const tails = tailsNow()
    for (const tail of tails) {
      for (let lines = tail.next(); lines.length > 0; lines = tail.next()) {
        isNew = true
        if (!(await reader.show(lines))) return
        // Nothing here waits for anything else: a flood would keep this whole process from all that it has to do.
        await turn()
        // Whoever writes faster than we read must not keep us from the others.
        if (!isLast) break
      }
      const { missing } = tail
      if (missing > 0) reader.missed(tail.service, missing)
    }
    if (isNew) {
      quiet = 0
      continue
    }
    if (isLast || ++quiet === QUIET_LOOKS) {
      for (const tail of tails) if (!(await reader.show(tail.flush()))) return
    }
    if (isLast) return
    await delay(LOOK_MS, undefined, { signal }).catch(ignoreAbort)
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}
