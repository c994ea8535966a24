/**
 * `/proc/PID/stat` through descriptors that stay open. A descriptor belongs to the process it was opened for, not to its
 * pid: when that has ended, reading says so, whoever has the pid by then.
 */

import { closeSync, openSync, readSync } from 'node:fs'
import { emptyStat, nameInStat, parseStat, STAT_LINE_BYTES, type Stat } from '../os/stat.js'

/** Descriptors kept open, at most: what a process may have by default is four times that. */
const OPEN_MAX = 8192

/** What opening says of a process that is gone, or not for us to see. */
const UNSEEN: ReadonlySet<string> = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'])

export class StatReader {
  /** Whether the last read failed though the process may be there: no descriptor is left, for one. */
  hasFailed = false
  /** What was read last. */
  readonly stat: Stat = emptyStat()
  private readonly open = new Map<number, number>()
  private readonly line = Buffer.alloc(STAT_LINE_BYTES)
  private length = 0

  /** What the kernel calls the process that was read last: at most 15 bytes that it may have chosen itself. */
  get name(): string {
    return nameInStat(this.line, this.length)
  }

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
    this.length = readLine(fd, this.line)
    return this.length > 0 && parseStat(this.line, this.length, this.stat)
  }
}

/** Bytes read from the beginning; 0 when the process has ended. */
function readLine(fd: number, into: Buffer): number {
  try {
    return readSync(fd, into, 0, STAT_LINE_BYTES, 0)
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return 0
    throw error
  }
}
