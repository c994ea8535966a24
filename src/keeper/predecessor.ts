/** The keeper that a daemon before us left behind, with what it kept. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasEnded, readIdentity } from '../os/process.js'

/** Longest word in a lock: a pid, start ticks and a version. */
const LOCK = /^([1-9]\d{0,9}) (\d{1,19}) \d{1,9}\n$/

/**
 * Tells the keeper that holds `folder` to end all that it keeps: TERM, its grace, KILL, and then to leave. Nobody is linked
 * to it, for the folder is this daemon's alone. False when the lock names no living process of these start ticks.
 */
export function endPredecessor(folder: string): boolean {
  const found = LOCK.exec(readLock(folder))
  if (found === null) return false
  const [pid, startTicks] = [Number(found[1]), Number(found[2])]
  const identity = readIdentity(pid)
  // Nothing is awaited between the look and the signal, and a keeper that holds its lock has not ended.
  if (identity === null || identity.startTicks !== startTicks || hasEnded(identity)) return false
  return process.kill(pid, 'SIGTERM')
}

function readLock(folder: string): string {
  try {
    return readFileSync(join(folder, 'lock'), 'latin1')
  } catch (error) {
    // It has left since it was met.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
