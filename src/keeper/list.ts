/** The keepers of a runtime directory, whether a daemon is there or not. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isName } from '../../protocol/ids.js'
import { KEEPER_PREFIX } from './directory.js'
import { findPredecessor, type Predecessor, readLock } from './predecessor.js'

/** A keeper that lives. */
export interface ListedKeeper extends Predecessor {
  readonly service: string
  readonly folder: string
}

/** A service whose keeper was killed: its lock names a process that is no more. */
export type LostKeeper = Pick<ListedKeeper, 'service' | 'folder'>

/** Those that hold their lock's word, in the order of their services; none where there is no such directory. */
export function listKeepers(directory: string): readonly ListedKeeper[] {
  return foldersIn(directory).flatMap(one => {
    const found = findPredecessor(one.folder)
    return found === null ? [] : [{ ...found, ...one }]
  })
}

/** Those that were killed and that no other has followed; what they kept may live on. */
export function listLostKeepers(directory: string): readonly LostKeeper[] {
  return foldersIn(directory).filter(({ folder }) => readLock(folder) !== '' && findPredecessor(folder) === null)
}

function foldersIn(directory: string): readonly LostKeeper[] {
  return namesIn(directory).flatMap(name => {
    const service = name.slice(KEEPER_PREFIX.length)
    return name.startsWith(KEEPER_PREFIX) && isName(service) ? [{ service, folder: join(directory, name) }] : []
  })
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return []
    throw error
  }
}
