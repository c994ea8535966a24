/**
 * Where the spawn socket of a service lies. In the keeper's folder, which nobody but its user enters; for a service with a user of
 * its own in a directory of root's below /run, which anybody may pass and nobody else write, as a socket that is that user’s alone.
 */

import { chmodSync, existsSync, lchownSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EspalierError } from '../../protocol/failures.js'
import { placeOf } from '../os/place.js'

/** Tells the keeper: the uid whose socket it is to be, and its path. `native/hear.c` reads it. */
const FILE = 'ear'

const EAR = /^(\d{1,10}) (\/\S{1,106})\n$/

/** Of the service whose keeper lives, or is to live, in `folder`. */
export function spawnSocketIn(folder: string): string {
  return read(folder)?.socket ?? join(folder, 'spawn.sock')
}

/**
 * Lets processes of the user `uid` reach the spawn socket. To be called by root, before the keeper of the service starts; one that
 * runs already keeps its socket, and it changes hands.
 * @throws {EspalierError} `unavailable` where no such directory can be had
 */
export function openEar(folder: string, service: string, uid: number, run = '/run'): void {
  const before = read(folder)
  const socket = before?.socket ?? join(run, `espalier-${placeOf(dirname(folder))}`, `s-${service}.sock`)
  try {
    makePassage(dirname(socket))
    if (before?.uid === uid) return
    writeFileSync(join(folder, FILE), `${uid} ${socket}\n`, { mode: 0o600 })
    if (existsSync(socket)) lchownSync(socket, uid, -1)
  } catch (error) {
    if (!(error instanceof Error && ('syscall' in error || error instanceof OpenPassage))) throw error
    const message = `the processes of service ${service} cannot reach its spawn socket as their user: ${error.message}`
    throw new EspalierError('unavailable', message, { cause: error })
  }
}

class OpenPassage extends Error {}

function makePassage(directory: string): void {
  if (!existsSync(directory)) {
    mkdirSync(directory, { mode: 0o711 })
    // What the umask took away.
    chmodSync(directory, 0o711)
  }
  const found = lstatSync(directory)
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return
  throw new OpenPassage(`${JSON.stringify(directory)} is there, and others may write in it; remove it`)
}

function read(folder: string): { readonly uid: number; readonly socket: string } | null {
  const path = join(folder, FILE)
  const found = existsSync(path) ? EAR.exec(readFileSync(path, 'latin1')) : null
  return found === null ? null : { uid: Number(found[1]), socket: found[2] }
}
