/** One line of `/proc/PID/stat` (proc(5)): the one place that knows its fields. */

/** What is kept of a line. Overwritten by the next that is parsed into it. */
export interface Stat {
  /** The kernel's letter, as a character code. */
  state: number
  parentPid: number
  /** Number of its process group. */
  pgrp: number
  /** Time in user mode and in the kernel, in ticks of the kernel. */
  cpuTicks: number
  /** Ticks after boot at which it started. */
  startTicks: number
  rssPages: number
}

/** Bytes that a line never reaches. */
export const STAT_LINE_BYTES = 1024

const CLOSING = 0x29
const OPENING = 0x28
const SPACE = 0x20
const MINUS = 0x2d

// Fields of the line, counted behind the name: state is 0 (proc(5) counts it as 3).
const PARENT = 1
const GROUP = 2
const USER_TICKS = 11
const SYSTEM_TICKS = 12
const START_TICKS = 19
const RSS = 21

/** Nothing yet. */
export function emptyStat(): Stat {
  return { state: 0, parentPid: 0, pgrp: 0, cpuTicks: 0, startTicks: 0, rssPages: 0 }
}

/** Takes `length` bytes apart; false for what is no such line, of which `into` may then have a part. */
export function parseStat(line: Buffer, length: number, into: Stat): boolean {
  // The name may hold spaces and parentheses itself, so fields are counted from the last one.
  const end = line.lastIndexOf(CLOSING, length - 1)
  if (end < 0 || end + 2 >= length) return false
  into.state = line[end + 2]
  into.cpuTicks = 0
  let field = 1
  let at = end + 4
  for (; field <= RSS && at < length; field++) {
    let value = 0
    const isNegative = line[at] === MINUS
    if (isNegative) at++
    for (; at < length && line[at] !== SPACE; at++) value = value * 10 + line[at] - 48
    at++
    if (field === PARENT) into.parentPid = value
    else if (field === GROUP) into.pgrp = value
    else if (field === USER_TICKS || field === SYSTEM_TICKS) into.cpuTicks += value
    else if (field === START_TICKS) into.startTicks = value
    else if (field === RSS) into.rssPages = isNegative ? 0 : value
  }
  return field > RSS
}

/** What the kernel calls the process: at most 15 bytes that it may have chosen itself. */
export function nameInStat(line: Buffer, length: number): string {
  return line.toString('utf8', line.indexOf(OPENING) + 1, line.lastIndexOf(CLOSING, length - 1))
}
