/** Every process of the machine at one moment, by its pid. */

import { readdirSync, readFileSync } from 'node:fs'
import { isPid } from '../../protocol/ids.js'
import { hasEnded, readIdentity } from '../os/process.js'
import { readKernelUnits } from '../os/units.js'

/** One that has not ended. */
export interface TableProcess {
  readonly pid: number
  readonly startTicks: number
  readonly parentPid: number
  readonly ageMs: number
}

export type ProcessTable = ReadonlyMap<number, TableProcess>

/** Reads them one after another: those that start or end meanwhile may be in it or not. Null where there is no `/proc`. */
export function readProcessTable(): ProcessTable | null {
  const entries = entriesOfProc()
  if (entries === null) return null
  const { ticksPerSecond } = readKernelUnits()
  const uptimeMs = Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000
  const table = new Map<number, TableProcess>()
  for (const entry of entries) {
    const pid = Number(entry)
    const identity = isPid(pid) ? readIdentity(pid) : null
    if (identity === null || hasEnded(identity)) continue
    const { startTicks, parentPid } = identity
    table.set(pid, { pid, startTicks, parentPid, ageMs: Math.max(0, uptimeMs - (startTicks * 1000) / ticksPerSecond) })
  }
  return table
}

function entriesOfProc(): readonly string[] | null {
  try {
    const entries = readdirSync('/proc')
    return entries.includes('self') ? entries : null
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return null
    throw error
  }
}
