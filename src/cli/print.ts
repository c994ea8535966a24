/** What a reading command shows: cut to the width of a terminal, in its colours, and plain for any other reader. */

import { fit } from '../terminal/fit.js'
import { type Look, paint, type Style } from '../terminal/paint.js'
import { put } from './put.js'

/** What every reading command takes beside where its daemon is. */
export interface ReadingOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly color: boolean
}

export interface PrintOptions {
  readonly color: boolean
  /** How long a reader may take nothing, in ms. */
  readonly timeout: number
}

/** How lines are shown. */
export interface Manner {
  /** Whether a line that is longer than the terminal is cut, as those of a table are; else the terminal wraps it. */
  readonly isCut: boolean
  /** What a line means; nothing in particular by default. */
  readonly style?: (line: string, index: number) => Style
}

/** For programs: as it is. */
export const BARE: Manner = { isCut: false }

/** A table: its head stands out. */
export const TABLE: Manner = { isCut: true, style: (_line, index) => (index === 0 ? 'bold' : 'plain') }

/** Prints lines that are safe for a terminal; false when nobody reads them any more. @throws {ClientError} `timeout` */
export function print(lines: readonly string[], manner: Manner, options: PrintOptions): Promise<boolean> {
  const { stdout, env } = process
  const look = lookOf(options.color, stdout.isTTY, env)
  const columns = stdout.isTTY && manner.isCut ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY
  const shown = lines.map((line, index) => {
    const style = manner.style?.(line, index) ?? 'plain'
    const whole = columns === Number.POSITIVE_INFINITY ? line : fit(line, columns)
    return look === 'text' ? whole : paint([[style, whole]], Number.POSITIVE_INFINITY, look)
  })
  return put(stdout, shown.map(line => `${line}\n`).join(''), options.timeout)
}

/** What a reader can take: with `NO_COLOR` or `--no-color` a terminal has bold and underlined, and no colours. */
export function lookOf(color: boolean, isTerminal: boolean, env: Readonly<NodeJS.ProcessEnv>): Look {
  if (!isTerminal || env.TERM === 'dumb') return 'text'
  return color && !env.NO_COLOR ? 'colours' : 'attributes'
}
