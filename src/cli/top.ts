/** `espalier top`: what runs, live in a terminal; with `--once` one picture for any reader. */

import type { ReadStream, WriteStream } from 'node:tty'
import { stateDirectory } from '../control/state-directory.js'
import { paint } from '../terminal/paint.js'
import { wholeList } from '../top/frame.js'
import { firstState } from '../top/looks.js'
import type { Order } from '../top/rows.js'
import { runSession } from '../top/session.js'
import type { Sort } from '../top/sort.js'
import { EXIT } from './exit-codes.js'
import { UsageError } from './failing.js'
import { clientOf, type DaemonOptions, daemonPlace } from './place.js'
import { lookOf } from './print.js'
import { put } from './put.js'

export interface TopOptions extends DaemonOptions {
  readonly once: boolean
  readonly color: boolean
  readonly sort: Sort
  readonly filter: string
  /** In ms. */
  readonly interval: number
  readonly stateDir?: string
}

/** How long an end that was ordered is waited for, in ms: longer than any usual grace. */
const END_MS = 600_000

/** Columns of a picture for a reader that has none. */
const COLUMNS_DEFAULT = 80

/** 0 when somebody leaves; 6 when there is no daemon at the beginning. */
export async function topCommand(options: TopOptions): Promise<number> {
  const { stdin, stdout, env } = process
  const { directory } = daemonPlace(options)
  const client = clientOf(options)
  const patient = clientOf({ ...options, timeout: END_MS })
  const order: Order = { sort: options.sort, isReversed: false, filter: options.filter, folded: new Set() }
  const look = lookOf(options.color, stdout.isTTY, env)
  if (options.once) {
    const columns = stdout.columns ?? columnsOf(env.COLUMNS)
    const state = firstState(await client.tree(), { columns, rows: 0 }, order)
    const lines = wholeList(state).map(line => `${paint(line, columns, look)}\n`)
    await put(stdout, lines.join(''), options.timeout)
    return EXIT.ok
  }
  if (!stdin.isTTY || !stdout.isTTY || env.TERM === 'dumb') throw notATerminal()
  return runSession({
    logs: { stateDirectory: stateDirectory(options.stateDir, env), runtimeDirectory: directory },
    client: { ...client, stop: patient.stop, end: patient.end },
    input: stdin as ReadStream,
    output: stdout as WriteStream,
    look,
    order,
    intervalMs: options.interval,
  })
}

function notATerminal(): UsageError {
  return new UsageError(
    'top needs a terminal to draw on and to read keys from, and here is none: "espalier top --once" prints one picture, "espalier tree --watch" follows',
  )
}

function columnsOf(text: string | undefined): number {
  return text !== undefined && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : COLUMNS_DEFAULT
}
