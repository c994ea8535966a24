/** Making a daemon's directories, private to their owner. */

import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { RuntimeDirectoryError } from './paths.js'

/** What a directory is for, in messages, and what a daemon leaves there: anything else is somebody else's. */
export interface DirectoryKind {
  readonly name: string
  /** The option by which another one is chosen. */
  readonly option: string
  /** Names of what a daemon leaves there. */
  readonly own: RegExp
}

const RUNTIME: DirectoryKind = {
  name: 'runtime directory',
  option: '--runtime-dir',
  own: /^(control\.sock|spawn\.sock|daemon\.lock(\..+)?|daemon\.log(\.old)?|limits\.json(\.new)?|keeper-.+)$/,
}

/**
 * Makes the directory, 0700, with those above it. One that is there must belong to this user; when others may enter it, it
 * is closed to them if nothing but a daemon's files is in it, and is an error otherwise: closing somebody's home or /tmp
 * would be worse than not starting.
 * @throws {RuntimeDirectoryError}
 */
export function preparePrivateDirectory(directory: string, kind: DirectoryKind = RUNTIME): void {
  const { name: what, option, own } = kind
  const shown = JSON.stringify(directory)
  try {
    makeWithParents(directory, option)
    const found = statSync(directory)
    if (!found.isDirectory()) throw new RuntimeDirectoryError(`${shown} is no directory: choose another with ${option}`)
    if (process.getuid !== undefined && found.uid !== process.getuid()) {
      throw new RuntimeDirectoryError(
        `the ${what} ${shown} belongs to user ${found.uid}, not to you: choose another with ${option}`,
      )
    }
    if ((found.mode & 0o077) === 0) return
    const foreign = readdirSync(directory).find(name => !own.test(name))
    if (foreign !== undefined) {
      throw new RuntimeDirectoryError(
        `the ${what} ${shown} is open to other users and holds other things (${JSON.stringify(foreign)}): ` +
          `choose an empty one with ${option}, or close it with chmod 700`,
      )
    }
    chmodSync(directory, 0o700)
  } catch (error) {
    if (error instanceof RuntimeDirectoryError) throw error
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new RuntimeDirectoryError(
      `cannot make the ${what} ${shown}: ${error.message}; choose another with ${option}`,
      { cause: error },
    )
  }
}

/** Node's own recursion never comes back from a place where nothing can be made, such as /proc/x. */
function makeWithParents(directory: string, option: string): void {
  if (make(directory)) return
  makeWithParents(dirname(directory), option)
  if (make(directory)) return
  throw new RuntimeDirectoryError(`nothing can be made at ${JSON.stringify(directory)}: choose another with ${option}`)
}

/** True when it is there now, false when the one above it is missing. */
function make(directory: string): boolean {
  try {
    mkdirSync(directory, { mode: 0o700 })
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return true
    if (isErrno(error, 'ENOENT') && dirname(directory) !== directory) return false
    throw error
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
