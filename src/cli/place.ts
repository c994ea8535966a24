/** Which daemon a command asks, and for how long. */

import { dirname, resolve } from 'node:path'
import { type Client, connect } from '../client/connect.js'
import { checkSocketPath, runtimeDirectory, runtimePaths } from '../control/paths.js'

/** What every command takes that asks a daemon. */
export interface DaemonOptions {
  /** Path of the operator's socket; the directory that it lies in is the runtime directory. */
  readonly socket?: string
  readonly runtimeDir?: string
  /** How long an answer may take, in ms. */
  readonly timeout: number
}

/** Where a daemon is. */
export interface DaemonPlace {
  readonly controlSocket: string
  /** Its runtime directory, absolute. */
  readonly directory: string
}

/** The place that the options name, else the environment. @throws {RuntimeDirectoryError} for a path too long for a socket */
export function daemonPlace({ socket, runtimeDir }: Omit<DaemonOptions, 'timeout'>): DaemonPlace {
  if (socket === undefined) return runtimePaths(runtimeDirectory(runtimeDir, process.env))
  const controlSocket = resolve(socket)
  checkSocketPath(controlSocket)
  return { controlSocket, directory: dirname(controlSocket) }
}

/** A client of the daemon that the options name; nothing is opened yet. */
export function clientOf(options: DaemonOptions): Client {
  return connect({ socket: daemonPlace(options).controlSocket, timeoutMs: options.timeout })
}
