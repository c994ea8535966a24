/** One process as the kernel describes it in `/proc/PID/stat` (proc(5)). */

import { readFileSync } from 'node:fs'
import { isPid } from '../../protocol/ids.js'
import { emptyStat, parseStat } from './stat.js'

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
  const line = readStat(pid)
  const stat = emptyStat()
  if (line === null || !parseStat(line, line.length, stat)) return null
  const { startTicks, parentPid, pgrp, state } = stat
  return { pid, startTicks, parentPid, pgrp, state: String.fromCharCode(state) }
}

/** True for one who has ended though its entry is still there. */
export function hasEnded(identity: ProcessIdentity): boolean {
  return identity.state === 'Z' || identity.state === 'X'
}

/** Null for whatever the system answers: gone, hidden, out of descriptors. The identity is then not known. */
function readStat(pid: number): Buffer | null {
  try {
    return readFileSync(`/proc/${pid}/stat`)
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return null
    throw error
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
