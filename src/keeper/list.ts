/** The keepers of a runtime directory, whether a daemon is there or not. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isName } from '../../protocol/ids.js'
import { KEEPER_PREFIX } from './directory.js'
import { findPredecessor, type Predecessor } from './predecessor.js'

/** A keeper that lives. */
export interface ListedKeeper extends Predecessor {
  readonly service: string
  readonly folder: string
}

/** Those that hold their lock's word, in the order of their services; none where there is no such directory. */
export function listKeepers(directory: string): readonly ListedKeeper[] {
  return namesIn(directory).flatMap(name => {
    const service = name.slice(KEEPER_PREFIX.length)
    if (!name.startsWith(KEEPER_PREFIX) || !isName(service)) return []
    const folder = join(directory, name)
    const found = findPredecessor(folder)
    return found === null ? [] : [{ ...found, service, folder }]
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
