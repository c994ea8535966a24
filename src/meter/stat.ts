/**
 * `/proc/PID/stat` through descriptors that stay open. A descriptor belongs to the process it was opened for, not to its
 * pid: when that has ended, reading says so, whoever has the pid by then.
 */

import { closeSync, openSync, readSync } from 'node:fs'

/** One line of `/proc/PID/stat`. Overwritten by the next: read it at once. */
export interface Stat {
  /** The kernel's letter, as a character code. */
  state: number
  parentPid: number
  cpuTicks: number
  startTicks: number
  rssPages: number
  name: string
}

/** Descriptors kept open, at most: what a process may have by default is four times that. */
const OPEN_MAX = 8192

/** What opening says of a process that is gone, or not for us to see. */
const UNSEEN: ReadonlySet<string> = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'])

const LINE_BYTES = 1024
const CLOSING = 0x29
const OPENING = 0x28
const SPACE = 0x20
const MINUS = 0x2d

// Fields of the line, counted behind the name: state is 0 (proc(5) counts it as 3).
const PARENT = 1
const USER_TICKS = 11
const SYSTEM_TICKS = 12
const START_TICKS = 19
const RSS = 21

export class StatReader {
  /** Whether the last read failed though the process may be there: no descriptor is left, for one. */
  hasFailed = false
  readonly stat: Stat = { state: 0, parentPid: 0, cpuTicks: 0, startTicks: 0, rssPages: 0, name: '' }
  private readonly open = new Map<number, number>()
  private readonly line = Buffer.alloc(LINE_BYTES)

  /** Reads the process of `pid` into `stat`, and keeps its descriptor. False when there is none, or we may not look. */
  readKept(pid: number): boolean {
    this.hasFailed = false
    const known = this.open.get(pid)
    if (known !== undefined) {
      if (this.readFrom(known)) return true
      // It has ended; another may have its pid.
      this.forget(pid)
    }
    const fd = this.opened(pid)
    if (fd < 0) return false
    const isRead = this.readFrom(fd)
    if (isRead && this.open.size < OPEN_MAX) this.open.set(pid, fd)
    else closeSync(fd)
    return isRead
  }

  /** The same for one that is looked at once. */
  readOnce(pid: number): boolean {
    this.hasFailed = false
    const fd = this.opened(pid)
    if (fd < 0) return false
    const isRead = this.readFrom(fd)
    closeSync(fd)
    return isRead
  }

  /** Closes the descriptors of those that `isWanted` does not name. */
  keepOnly(isWanted: (pid: number) => boolean): void {
    for (const pid of this.open.keys()) if (!isWanted(pid)) this.forget(pid)
  }

  private forget(pid: number): void {
    const fd = this.open.get(pid)
    if (fd !== undefined) closeSync(fd)
    this.open.delete(pid)
  }

  /** -1 when there is no such process any more, it is hidden from us, or it could not be opened. */
  private opened(pid: number): number {
    try {
      return openSync(`/proc/${pid}/stat`, 'r')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
      this.hasFailed = !UNSEEN.has(String(error.code))
      return -1
    }
  }

  private readFrom(fd: number): boolean {
    const length = readLine(fd, this.line)
    return length > 0 && this.parse(length)
  }

  /** The name may hold spaces and parentheses itself, so fields are counted from the last `)`. */
  private parse(length: number): boolean {
    const { line, stat } = this
    const end = line.lastIndexOf(CLOSING, length - 1)
    const begin = line.indexOf(OPENING)
    if (begin < 0 || end < begin || end + 2 >= length) return false
    stat.name = line.toString('utf8', begin + 1, end)
    stat.state = line[end + 2]
    stat.cpuTicks = 0
    let field = 1
    let at = end + 4
    for (; field <= RSS && at < length; field++) {
      let value = 0
      const isNegative = line[at] === MINUS
      if (isNegative) at++
      for (; at < length && line[at] !== SPACE; at++) value = value * 10 + line[at] - 48
      at++
      if (field === PARENT) stat.parentPid = value
      else if (field === USER_TICKS || field === SYSTEM_TICKS) stat.cpuTicks += value
      else if (field === START_TICKS) stat.startTicks = value
      else if (field === RSS) stat.rssPages = isNegative ? 0 : value
    }
    return field > RSS
  }
}

/** Bytes read from the beginning; 0 when the process has ended. */
function readLine(fd: number, into: Buffer): number {
  try {
    return readSync(fd, into, 0, LINE_BYTES, 0)
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return 0
    throw error
  }
}
