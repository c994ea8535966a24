/** What the root of a service writes from some moment on: out of its keeper's log, or as the daemon relays it. */

import { logFolder } from '../../logs/folder.js'
import { followLogs } from '../../logs/follow.js'
import { LogTail } from '../../logs/tail.js'
import type { DaemonContext } from '../context.js'

/** Lines of both outputs. A line may be a piece of a longer one. */
export interface RootLines {
  /** Passes them on, those too that were written since it was opened, until the signal. */
  watch(listener: (line: string) => void, signal: AbortSignal): void
}

/** From now on. @throws a system error for logs that are there and cannot be read */
export function openRootLines({ core, lines, paths, stateDirectory }: DaemonContext, service: string): RootLines {
  if (core.launcher.logTo === undefined) {
    return {
      watch(listener, signal) {
        const stop = lines.add(service, listener)
        signal.addEventListener('abort', stop, { once: true })
      },
    }
  }
  const tail = new LogTail(service, logFolder({ stateDirectory, runtimeDirectory: paths.directory }, service), 'now')
  return {
    watch(listener, signal) {
      const reader = {
        show: async (found: ReturnType<LogTail['next']>) => {
          for (const { label, stream, text } of found) if (label === service && stream !== 'lost') listener(text)
          return true
        },
        // Files that are gone can say nothing; the time that is waited is bounded.
        missed: () => undefined,
      }
      void followLogs(() => [tail], reader, signal).finally(() => tail.close())
    },
  }
}
