/** Values of options, read strictly: what is not understood is a usage error that names the option. */

import { type Command, Option } from 'commander'
import { EspalierError } from '../../protocol/failures.js'
import { isPid, PID_MAX } from '../../protocol/ids.js'
import { show } from '../../protocol/show.js'
import { parseBytes, parseDuration } from '../../protocol/units.js'
import { type Cursor, parseCursor } from '../../protocol/wire/chronicle.js'
import { UsageError } from './failing.js'

/** A duration of at least 1 ms, in ms. */
export function durationOption(name: string): (text: string) => number {
  return text => {
    const ms = orUsage(() => parseDuration(text, name))
    if (ms < 1) throw new UsageError(`${name}: ${show(text)} is no time at all: give 1ms or more`)
    return ms
  }
}

/** A size in bytes. */
export function sizeOption(name: string): (text: string) => number {
  return text => orUsage(() => parseBytes(text, name))
}

/** A whole number from 0; its upper bound is the limit's own. */
export function countOption(name: string): (text: string) => number {
  return text => {
    if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${name}: ${show(text)} is not a whole number from 0`)
    return Number(text)
  }
}

/** A pid. */
export function pidOption(name: string): (text: string) => number {
  return text => {
    const pid = Number(text)
    if (!/^\d+$/.test(text) || !isPid(pid)) throw new UsageError(`${name}: ${show(text)} is no pid, 1 to ${PID_MAX}`)
    return pid
  }
}

function orUsage<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof EspalierError) throw new UsageError(error.message)
    throw error
  }
}

/** The longest wait that a timer holds, in ms: as good as none. */
export const WAIT_MAX_MS: number = 2 ** 31 - 1

/** `--timeout`, in ms. */
export function timeoutOption(defaultMs: number, says: string): Option {
  return new Option('--timeout <duration>', says)
    .argParser(durationOption('--timeout'))
    .default(defaultMs, defaultMs === WAIT_MAX_MS ? 'none' : `${defaultMs / 1000}s`)
}

/** `--runtime-dir`, the same for every command that needs a daemon. */
export function runtimeDirOption(): Option {
  return new Option(
    '--runtime-dir <dir>',
    'where the daemon has its sockets (default: $ESPALIER_RUNTIME_DIR, $XDG_RUNTIME_DIR/espalier, ~/.espalier/run)',
  )
}

/** `--socket`, the same for every command that asks a daemon. */
export function socketOption(): Option {
  return new Option('--socket <path>', "the daemon's control.sock, instead of its directory").conflicts('runtimeDir')
}

/** What every command takes that asks a daemon: for how long, and which. */
export function addDaemonOptions(command: Command, timeoutMs: number, timeoutSays: string): Command {
  return command
    .addOption(timeoutOption(timeoutMs, timeoutSays))
    .addOption(socketOption())
    .addOption(runtimeDirOption())
}

/** How long a look takes at most by default, in ms. */
export const LOOK_MS = 10_000

/** What every command takes that reads and changes nothing: its forms, for how long, and of which daemon. */
export function addReadingOptions(
  command: Command,
  says: { readonly json: string; readonly quiet: string; readonly timeout: string; readonly timeoutMs?: number },
): Command {
  command
    .option('--json', says.json, false)
    .option('-q, --quiet', says.quiet, false)
    .option('--no-color', 'no colours (as with NO_COLOR in the environment)')
  return addDaemonOptions(command, says.timeoutMs ?? LOOK_MS, says.timeout)
}

/** `--state-dir`, the same for every command that needs what outlives a daemon. */
export function stateDirOption(): Option {
  return new Option(
    '--state-dir <dir>',
    'where logs and stored state lie (default: $ESPALIER_STATE_DIR, $XDG_STATE_HOME/espalier, ~/.local/state/espalier)',
  )
}

/** How a moment is said. */
const MOMENTS = 'give one such as 2026-01-31T12:00:00Z, or 10m for ten minutes ago'

/** A moment as Unix ms: a duration before now, or a date and time that is not to come. */
export function sinceOption(name: string): (text: string) => number {
  return text => {
    if (/^\d{4}-\d\d-\d\d/.test(text)) {
      const atMs = Date.parse(text)
      if (Number.isNaN(atMs) || atMs < 0) throw new UsageError(`${name}: ${show(text)} is no time: ${MOMENTS}`)
      if (atMs > Date.now()) throw new UsageError(`${name}: ${show(text)} is still to come: ${MOMENTS}`)
      return atMs
    }
    try {
      return Math.max(0, Date.now() - durationOption(name)(text))
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      throw new UsageError(`${name}: ${show(text)} is neither a time nor a duration: ${MOMENTS}`)
    }
  }
}

/** A cursor of the chronicle, or a moment as `sinceOption` reads it. */
export function cursorOrSinceOption(name: string): (text: string) => Cursor | number {
  return text => {
    if (!text.startsWith('@')) return sinceOption(name)(text)
    const cursor = parseCursor(text)
    if (cursor === null) {
      throw new UsageError(`${name}: ${show(text)} is no cursor: "espalier events --json" gives one with each event`)
    }
    return cursor
  }
}
