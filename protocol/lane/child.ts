/** From a row and its texts to the child that callers see. */

import { type Child, EXIT_REASONS, type Exit } from '../children.js'
import { readFloat } from './operations.js'
import {
  CPU_PERCENT,
  depthOf,
  EXIT_CODE,
  EXITED,
  FLAGS,
  KIND_MASK,
  NO_EXIT_CODE,
  PARENT_PID,
  PERIPHERAL,
  PID,
  REASON_MASK,
  REASON_SHIFT,
  RSS_BYTES,
  SIGNAL_MASK,
  SIGNAL_SHIFT,
  START_TICKS,
  STARTED_AT,
  STATE_MASK,
  TEXT_META,
  TTL_MS,
  UNTIL,
} from './rows.js'
import { commandBytes, isAscii, nameBytes, readText, userBytes } from './text.js'

/** Reads the child whose row begins at integer `at` of `ints` and whose texts begin at integer `textAt` of `texts`. */
export function readChild(ints: Int32Array, at: number, texts: Int32Array, textAt: number): Child {
  const flags = ints[at + FLAGS]
  const meta = ints[at + TEXT_META]
  const ascii = isAscii(meta)
  const name = nameBytes(meta)
  const command = commandBytes(meta)
  const user = userBytes(meta)
  const byte = textAt * 4
  return {
    name: readText(texts, byte, name, ascii),
    pid: ints[at + PID],
    startTicks: nullable(ints, at + START_TICKS * 2),
    parentPid: ints[at + PARENT_PID],
    command: readText(texts, byte + name, command, ascii),
    startedAt: readFloat(ints, at + STARTED_AT * 2),
    ttlMs: nullable(ints, at + TTL_MS * 2),
    depth: depthOf(flags),
    cpuPercent: nullable(ints, at + CPU_PERCENT * 2),
    rssBytes: nullable(ints, at + RSS_BYTES * 2),
    lastExit: (flags & STATE_MASK) === EXITED ? readExit(ints, at) : null,
    user: user === 0 ? null : readText(texts, byte + name + command, user, ascii),
    kind: (flags & KIND_MASK) === PERIPHERAL ? 'peripheral' : 'spawned',
  }
}

/** Reads how the process of a row ended. */
export function readExit(ints: Int32Array, at: number): Exit {
  const flags = ints[at + FLAGS]
  const code = ints[at + EXIT_CODE]
  const signal = (flags & SIGNAL_MASK) >>> SIGNAL_SHIFT
  return {
    exitCode: code === NO_EXIT_CODE ? null : code,
    signal: signal === 0 ? null : signal,
    finishedAt: readFloat(ints, at + UNTIL * 2),
    reason: EXIT_REASONS[((flags & REASON_MASK) >>> REASON_SHIFT) - 1],
  }
}

/** The high half of every NaN has these bits. */
const NAN_HIGH = 0x7ff80000

/** Reads a Float64 from two integers, NaN as null. Most are: seen by their bits, a child takes 106 ns to read instead of 130. */
function nullable(ints: Int32Array, at: number): number | null {
  return (ints[at + 1] & NAN_HIGH) === NAN_HIGH ? null : readFloat(ints, at)
}
