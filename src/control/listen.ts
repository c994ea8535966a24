/** A unix socket that answers requests, open to its owner alone. */

import { chmodSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { type ConnectionOptions, REQUEST_DEADLINE_MS } from './connection.js'
import { checkSocketPath } from './paths.js'
import { createReception } from './reception.js'

/** Connections served at once on one socket, waiting ones included. */
export const CONNECTIONS_MAX = 1024

export interface ListenOptions extends Omit<ConnectionOptions, 'requestDeadlineMs'> {
  /** In a private directory; a socket left there by a daemon that has died is replaced. The caller holds the lock. */
  readonly path: string
  /** Default `CONNECTIONS_MAX`. */
  readonly maxConnections?: number
  /** Default 5000 ms. */
  readonly requestDeadlineMs?: number
}

export interface ListeningSocket {
  readonly path: string
  /** Takes no more connections, lets answers under way leave for at most a second, cuts what is left, removes the socket. */
  close(): Promise<void>
}

/** Listens with mode 0600. Rejects with the system's error when it cannot, `RuntimeDirectoryError` for a path too long. */
export async function listen(options: ListenOptions): Promise<ListeningSocket> {
  const { path, allowed, handle, maxConnections = CONNECTIONS_MAX, requestDeadlineMs = REQUEST_DEADLINE_MS } = options
  const reception = createReception(maxConnections)
  const server = createServer({ allowHalfOpen: true }, socket => {
    reception.take(socket, { allowed, handle, requestDeadlineMs })
  })
  checkSocketPath(path)
  rmSync(path, { force: true })
  await new Promise<void>((settle, fail) => {
    server.once('error', fail)
    server.listen({ path, backlog: 511 }, () => {
      server.off('error', fail)
      settle()
    })
  })
  // An accept that fails (no descriptor left) is the asker's failure; the daemon goes on.
  server.on('error', () => undefined)
  chmodSync(path, 0o600)
  return {
    path,
    async close() {
      const closed = new Promise<void>(settle => {
        server.close(() => settle())
      })
      await reception.close()
      await closed
    },
  }
}
