/** A unix socket that answers requests, open to its owner alone. */

import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { type ConnectionOptions, REQUEST_DEADLINE_MS, serveConnection, turnAway } from './connection.js'
import { checkSocketPath } from './paths.js'

/** Connections served at once on one socket, waiting ones included. */
export const CONNECTIONS_MAX = 1024

/** Connections past the bound that are being told so; past this they are closed without a word. */
const TURNED_AWAY_MAX = 64

/** How long open connections may take to end when the socket closes, in ms. */
const CLOSE_MS = 1000

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
  const open = new Set<Socket>()
  const turnedAway = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, socket => {
    if (open.size < maxConnections) {
      track(open, socket)
      void serveConnection(socket, { allowed, handle, requestDeadlineMs })
    } else if (turnedAway.size < TURNED_AWAY_MAX) {
      track(turnedAway, socket)
      const message = `${maxConnections} connections are open already: try again when some have ended`
      void turnAway(socket, 'too_many_connections', message)
    } else socket.destroy()
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
    close() {
      return new Promise(settle => {
        const cut = () => {
          for (const socket of [...open, ...turnedAway]) socket.destroy()
        }
        const timer = setTimeout(cut, CLOSE_MS)
        server.close(() => {
          clearTimeout(timer)
          settle()
        })
      })
    },
  }
}

function track(set: Set<Socket>, socket: Socket): void {
  set.add(socket)
  socket.once('close', () => set.delete(socket))
}
