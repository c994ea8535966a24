/** Process groups: who is in them, and signals to all of one at once. */

import { readdirSync } from 'node:fs'
import { hasEnded, type ProcessIdentity, readIdentity } from './process.js'

/** Living members by group number. */
export type GroupCensus = ReadonlyMap<number, readonly ProcessIdentity[]>

/**
 * Signals every process of the group `pgid`. Members who are gone, or whom we may not signal, are passed over: `groupExists`
 * tells. The caller has made sure that the group is its own.
 */
export function signalGroup(pgid: number, signal: NodeJS.Signals): void {
  sendToGroup(pgid, signal)
}

/** True when a process, be it only an unreaped one, is in the group `pgid`. One system call. */
export function groupExists(pgid: number): boolean {
  return sendToGroup(pgid, 0) !== 'ESRCH'
}

/**
 * All living processes by group, or null where there is no /proc, as they are after the call: the count is made in the next
 * turn of the event loop, one for all who ask until then, at 10-20 us a process. Processes that have ended but were not
 * reaped are left out: where pid 1 reaps nobody, as in many containers, they stay in their group for ever.
 */
export function readGroups(): Promise<GroupCensus | null> {
  nextCount ??= new Promise(settle => {
    setImmediate(() => {
      nextCount = null
      settle(countGroups())
    })
  })
  return nextCount
}

let nextCount: Promise<GroupCensus | null> | null = null

function sendToGroup(pgid: number, signal: NodeJS.Signals | 0): 'sent' | 'ESRCH' | 'EPERM' {
  try {
    process.kill(-pgid, signal)
    return 'sent'
  } catch (error) {
    // Nobody there (any more), or nobody whom we may signal: both are answers.
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))
      return error.code
    throw error
  }
}

function countGroups(): GroupCensus | null {
  const groups = new Map<number, ProcessIdentity[]>()
  const entries = listProc()
  if (entries === null) return null
  for (const entry of entries) {
    const identity = readIdentity(Number(entry))
    if (identity === null || hasEnded(identity)) continue
    const members = groups.get(identity.pgrp)
    if (members === undefined) groups.set(identity.pgrp, [identity])
    else members.push(identity)
  }
  return groups
}

function listProc(): readonly string[] | null {
  try {
    return readdirSync('/proc')
  } catch (error) {
    // No /proc on this system, or no descriptor left to open it with: nobody can be counted.
    if (error instanceof Error && 'syscall' in error) return null
    throw error
  }
}
