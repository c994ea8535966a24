/** Where a daemon lives: one private directory with its lock and its two sockets. */

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Longest path of a unix socket in bytes: `sun_path` has 108, the last one NUL (unix(7)). */
export const SOCKET_PATH_BYTES_MAX = 107

/** Everything in a runtime directory that belongs to a daemon. */
export interface RuntimePaths {
  readonly directory: string
  /** The operator's socket: tree, stop, ping. */
  readonly controlSocket: string
  /** The children's socket: spawn, ping. */
  readonly spawnSocket: string
  readonly lock: string
}

/** A runtime directory that cannot serve. `message` names it, the rule and the way out. */
export class RuntimeDirectoryError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'RuntimeDirectoryError'
  }
}

/** The directory asked for, else `ESPALIER_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/espalier`, else `~/.espalier/run`. Absolute. */
export function runtimeDirectory(asked: string | undefined, env: Readonly<NodeJS.ProcessEnv>): string {
  const named = asked || env.ESPALIER_RUNTIME_DIR
  if (named) return resolve(named)
  if (env.XDG_RUNTIME_DIR) return resolve(env.XDG_RUNTIME_DIR, 'espalier')
  return join(env.HOME ? resolve(env.HOME) : homedir(), '.espalier', 'run')
}

/**
 * The paths of a directory.
 * @throws {RuntimeDirectoryError} when a socket's path would not fit.
 */
export function runtimePaths(directory: string): RuntimePaths {
  const paths = {
    directory,
    controlSocket: join(directory, 'control.sock'),
    spawnSocket: join(directory, 'spawn.sock'),
    lock: join(directory, 'daemon.lock'),
  }
  checkSocketPath(paths.controlSocket)
  return paths
}

/** Node would cut a longer path without a word, and listen or connect elsewhere. @throws {RuntimeDirectoryError} */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes <= SOCKET_PATH_BYTES_MAX) return
  throw new RuntimeDirectoryError(
    `the socket path ${JSON.stringify(path)} has ${bytes} bytes, and a unix socket's may have ` +
      `${SOCKET_PATH_BYTES_MAX}: choose a shorter directory with --runtime-dir or ESPALIER_RUNTIME_DIR`,
  )
}
