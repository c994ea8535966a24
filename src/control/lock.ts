/** One daemon a directory: a file that names the daemon by pid and start ticks. */

import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { isPid } from '../../protocol/ids.js'
import { hasEnded, readIdentity } from '../os/process.js'

/** Thrown when a living daemon holds the directory. */
export class DaemonRunning extends Error {
  readonly pid: number

  constructor(pid: number, file: string) {
    super(
      `a daemon with pid ${pid} already runs here (${JSON.stringify(file)}): stop it with "espalier stop" or a signal, ` +
        'or choose another directory with --runtime-dir',
    )
    this.name = 'DaemonRunning'
    this.pid = pid
  }
}

export interface DaemonLock {
  /** True while the file still names this process. */
  isHeld(): boolean
  /** Removes the file if it is still ours. */
  release(): void
}

/** Attempts against others who start at the same moment. */
const ATTEMPTS_MAX = 10

/**
 * Takes the lock for this process. One left by a daemon that has died is taken over.
 * @throws {DaemonRunning} when its daemon lives.
 */
export function takeLock(file: string): DaemonLock {
  const own = contentOf({ pid: process.pid, startTicks: readIdentity(process.pid)?.startTicks ?? null })
  const draft = `${file}.${process.pid}.new`
  // Written aside and linked into place, so that nobody ever reads half of it.
  writeFileSync(draft, own, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (linkExclusively(draft, file)) return heldLock(file, own)
      const found = readLock(file)
      if (found === null) continue
      const holder = parseHolder(found)
      if (holder !== null && isAlive(holder)) throw new DaemonRunning(holder.pid, file)
      removeStale(file, found)
    }
  } finally {
    unlinkIfThere(draft)
  }
  throw new Error(`cannot take the lock ${JSON.stringify(file)}: others take and leave it all the time; try again`)
}

interface Holder {
  readonly pid: number
  readonly startTicks: number | null
}

function heldLock(file: string, own: string): DaemonLock {
  return {
    isHeld: () => readLock(file) === own,
    release() {
      if (readLock(file) === own) unlinkIfThere(file)
    },
  }
}

/**
 * Moves the stale file aside and looks at what was moved: when somebody took the lock in between, it is their living one,
 * and goes back.
 */
function removeStale(file: string, stale: string): void {
  const aside = `${file}.${process.pid}.old`
  try {
    renameSync(file, aside)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return
    throw error
  }
  if (readLock(aside) !== stale) linkExclusively(aside, file)
  unlinkIfThere(aside)
}

function contentOf(holder: Holder): string {
  return `${JSON.stringify(holder)}\n`
}

/** The holder that a lock file names, or null when it was damaged: then nobody can say that he lives. */
function parseHolder(text: string): Holder | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (typeof value !== 'object' || value === null) return null
  const { pid, startTicks } = value as Readonly<Record<string, unknown>>
  return isPid(pid) ? { pid, startTicks: typeof startTicks === 'number' ? startTicks : null } : null
}

function isAlive(holder: Holder): boolean {
  const identity = readIdentity(holder.pid)
  if (identity !== null) {
    return !hasEnded(identity) && (holder.startTicks === null || identity.startTicks === holder.startTicks)
  }
  if (holder.startTicks !== null) return false
  try {
    // Without /proc there are no ticks to compare; a process with that pid is taken for the daemon.
    return process.kill(holder.pid, 0)
  } catch (error) {
    return isErrno(error, 'EPERM')
  }
}

function linkExclusively(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  }
}

function readLock(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
}

function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
