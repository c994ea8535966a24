/** Where a daemon keeps what outlives it and the boot: logs, and what it stores. */

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { type DirectoryKind, preparePrivateDirectory } from './directory.js'

/** What may lie there; anything else in it is somebody else's. */
const STATE: DirectoryKind = { name: 'state directory', option: '--state-dir', own: /^(logs|store.*)$/ }

/**
 * The directory asked for, else `ESPALIER_STATE_DIR`, else `$XDG_STATE_HOME/espalier`, else `~/.local/state/espalier`. Absolute; not made.
 */
export function stateDirectory(asked: string | undefined, env: Readonly<NodeJS.ProcessEnv>): string {
  const named = asked || env.ESPALIER_STATE_DIR
  if (named) return resolve(named)
  if (env.XDG_STATE_HOME) return resolve(env.XDG_STATE_HOME, 'espalier')
  return join(env.HOME ? resolve(env.HOME) : homedir(), '.local', 'state', 'espalier')
}

/** Makes it, private to this user, where it is not there. @throws {RuntimeDirectoryError} */
export function prepareStateDirectory(directory: string): void {
  preparePrivateDirectory(directory, STATE)
}
