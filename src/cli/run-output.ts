/** The output of services in the terminal of `run`, read out of the logs that their keepers write. */

import type { Sink } from '../daemon/output/sink.js'
import { type LogPlace, logFolder } from '../logs/folder.js'
import { followLogs } from '../logs/follow.js'
import { LogTail } from '../logs/tail.js'
import { logLineText, missedText } from './log-lines.js'

/** What is shown of the services from now on, until `finish` has shown the last line; without keepers there are no logs, and nothing is. */
export function showOutput(
  services: readonly string[],
  place: LogPlace,
  stdout: Sink,
  stderr: Sink,
): { finish(): Promise<void> } {
  const tails = services.map(name => new LogTail(name, logFolder(place, name), 'now'))
  const end = new AbortController()
  const done = followLogs(
    () => tails,
    {
      async show(lines) {
        for (const line of lines) (line.stream === 'out' ? stdout : stderr).lines([logLineText(line)])
        await Promise.all([stdout, stderr].map(sink => new Promise<void>(settle => sink.onceRoom(settle))))
        return true
      },
      missed: (service, files) => stderr.lines([missedText(service, files)]),
    },
    end.signal,
  )
  return {
    async finish() {
      end.abort()
      await done
      for (const tail of tails) tail.close()
    },
  }
}
