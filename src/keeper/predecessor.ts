/** The keeper that a daemon before us left behind, as its lock names it. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasEnded, readIdentity } from '../os/process.js'
import type { KeeperIdentity } from './start.js'

/** A lock: a pid, start ticks and a version. */
const LOCK = /^([1-9]\d{0,9}) (\d{1,19}) (\d{1,9})\n$/

/** A keeper that lives. */
export interface Predecessor extends KeeperIdentity {
  /** Of the messages that it speaks. */
  readonly version: number
}

/** Who holds `folder`; null when the lock names no living process of these start ticks. */
export function findPredecessor(folder: string): Predecessor | null {
  const found = LOCK.exec(readLock(folder))
  if (found === null) return null
  const [pid, startTicks, version] = [Number(found[1]), Number(found[2]), Number(found[3])]
  const identity = readIdentity(pid)
  if (identity === null || identity.startTicks !== startTicks || hasEnded(identity)) return null
  return { pid, startTicks, version }
}

/**
 * Tells the keeper that holds `folder` to end all that it keeps: TERM, its grace, KILL, and then to leave. False when there is
 * none.
 */
export function endPredecessor(folder: string): boolean {
  // Nothing is awaited between the look and the signal, and a keeper that holds its lock has not ended.
  const found = findPredecessor(folder)
  return found !== null && process.kill(found.pid, 'SIGTERM')
}

/** What the lock of a folder says; '' where there is none. A keeper that leaves in peace takes it away, or leaves unstored exits. */
export function readLock(folder: string): string {
  try {
    return readFileSync(join(folder, 'lock'), 'latin1')
  } catch (error) {
    // It has left since it was met.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
