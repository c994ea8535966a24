/** One process as the kernel describes it in `/proc/PID/stat` (proc(5)). */

import { closeSync, openSync, readSync } from 'node:fs'
import { isPid } from '../../protocol/ids.js'
import { emptyStat, parseStat, STAT_LINE_BYTES } from './stat.js'

/** Who a process is. A pid alone comes back; a pid with its start ticks does not within one boot. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks after boot at which it started (field 22). */
  readonly startTicks: number
  readonly parentPid: number
  /** Number of its process group: the pid of the group's leader, who may be gone. */
  readonly pgrp: number
  /** The kernel's letter: `R S D T t Z X I`. `Z` has ended and waits to be reaped. */
  readonly state: string
}

/** Reads who `pid` is now; null when there is no such process, no /proc, or the kernel will not say. Synchronous, about 10 us. */
export function readIdentity(pid: number): ProcessIdentity | null {
  if (!isPid(pid)) return null
  const bytes = readStat(pid)
  const stat = emptyStat()
  if (bytes === 0 || !parseStat(line, bytes, stat)) return null
  const { startTicks, parentPid, pgrp, state } = stat
  return { pid, startTicks, parentPid, pgrp, state: String.fromCharCode(state) }
}

/** True for one who has ended though its entry is still there. */
export function hasEnded(identity: ProcessIdentity): boolean {
  return identity.state === 'Z' || identity.state === 'X'
}

/** Used again and again: `readFileSync` takes 64 KiB anew for each file whose size it is not told. */
const line = Buffer.alloc(STAT_LINE_BYTES)

/** Bytes read into `line`; 0 for whatever the system answers: gone, hidden, out of descriptors. The identity is then not known. */
function readStat(pid: number): number {
  let fd: number | undefined
  try {
    fd = openSync(`/proc/${pid}/stat`, 'r')
    return readSync(fd, line, 0, STAT_LINE_BYTES, 0)
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return 0
    throw error
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Signals this very process, looked at a moment before; false when it has gone, or we may not. */
export function signalProcess(pid: number, startTicks: number, signal: NodeJS.Signals): boolean {
  const identity = readIdentity(pid)
  if (identity === null || hasEnded(identity) || identity.startTicks !== startTicks) return false
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) return false
    throw error
  }
}
