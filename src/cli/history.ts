/** `espalier history`: what has ended. */

import type { ExitReason } from '../../protocol/children.js'
import { show } from '../../protocol/show.js'
import { HISTORY_ENDS_MAX, isSubject } from '../../protocol/wire/past.js'
import { connect } from '../client/connect.js'
import { runtimeDirectory, runtimePaths } from '../control/paths.js'
import { redact } from '../terminal/redact.js'
import { EXIT } from './exit-codes.js'
import { UsageError } from './failing.js'
import { historyLines } from './history-lines.js'
import { jsonLine } from './json.js'
import { put } from './put.js'

export interface HistoryOptions {
  /** Unix ms. */
  readonly since?: number
  readonly exit?: number
  readonly reason?: ExitReason
  readonly most: number
  readonly json: boolean
  readonly runtimeDir?: string
  /** In ms. */
  readonly timeout: number
}

/** Prints the latest ends that fit, the latest last. */
export async function historyCommand(subject: string | undefined, options: HistoryOptions): Promise<number> {
  const { since = null, exit = null, reason = null, most } = options
  if (subject !== undefined && !isSubject(subject)) {
    throw new UsageError(`${show(subject)} names nothing: give a service, a name, a pid, or service:name`)
  }
  if (most < 1 || most > HISTORY_ENDS_MAX)
    throw new UsageError(`--most: ${most} is not within 1 to ${HISTORY_ENDS_MAX}`)
  const { controlSocket } = runtimePaths(runtimeDirectory(options.runtimeDir, process.env))
  const client = connect({ socket: controlSocket, timeoutMs: options.timeout })
  const told = await client.history({ subject: subject ?? null, since, exitCode: exit, reason, most })
  const past = { ...told, ends: told.ends.map(end => ({ ...end, command: redact(end.command) })) }
  const lines = options.json ? past.ends.map(end => jsonLine(end)) : historyLines(past)
  await put(process.stdout, lines.map(line => `${line}\n`).join(''), options.timeout)
  return EXIT.ok
}
