/** `espalier history`: what has ended. */

import type { ExitReason } from '../../protocol/children.js'
import { show } from '../../protocol/show.js'
import { HISTORY_ENDS_MAX, isSubject } from '../../protocol/wire/past.js'
import { redact } from '../terminal/redact.js'
import { EXIT } from './exit-codes.js'
import { UsageError } from './failing.js'
import { historyLines } from './history-lines.js'
import { jsonLine } from './json.js'
import { clientOf, type DaemonOptions } from './place.js'
import { BARE, print, type ReadingOptions, TABLE } from './print.js'

export interface HistoryOptions extends DaemonOptions, ReadingOptions {
  /** Unix ms. */
  readonly since?: number
  readonly exit?: number
  readonly reason?: ExitReason
  readonly most: number
}

/** Prints the latest ends that fit, the latest last. */
export async function historyCommand(subject: string | undefined, options: HistoryOptions): Promise<number> {
  const { since = null, exit = null, reason = null, most } = options
  if (subject !== undefined && !isSubject(subject)) {
    throw new UsageError(`${show(subject)} names nothing: give a service, a name, a pid, or service:name`)
  }
  if (most < 1 || most > HISTORY_ENDS_MAX)
    throw new UsageError(`--most: ${most} is not within 1 to ${HISTORY_ENDS_MAX}`)
  const told = await clientOf(options).history({ subject: subject ?? null, since, exitCode: exit, reason, most })
  const past = { ...told, ends: told.ends.map(end => ({ ...end, command: redact(end.command) })) }
  if (options.json) await print(past.ends.map(jsonLine), BARE, options)
  else if (options.quiet)
    await print(
      past.ends.map(({ pid }) => String(pid)),
      BARE,
      options,
    )
  else await print(historyLines(past), TABLE, options)
  return EXIT.ok
}
