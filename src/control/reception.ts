/** The connections of one socket that are served at a time: how many there may be, and their end. */

import type { Socket } from 'node:net'
import type { WireFailureCode } from '../../protocol/wire/answers.js'
import { type ConnectionOptions, serveConnection, turnAway } from './connection.js'

/** Connections past the bound that are being told so; past this they are closed without a word. */
const TURNED_AWAY_MAX = 64

/** How long open connections may take to end when the socket closes, in ms. */
const CLOSE_MS = 1000

export interface Reception {
  /** Serves it, or turns it away when there are too many already. */
  take(socket: Socket, options: ConnectionOptions): void
  /** Says why it is not served. */
  refuse(socket: Socket, code: WireFailureCode, message: string): void
  /** Lets answers under way leave for at most a second, then cuts what is left. */
  close(): Promise<void>
}

/** Serves at most so many connections at once, waiting ones included. */
export function createReception(maxConnections: number): Reception {
  const open = new Set<Socket>()
  const turnedAway = new Set<Socket>()
  let onEmpty: () => void = () => undefined
  const track = (set: Set<Socket>, socket: Socket) => {
    set.add(socket)
    socket.once('close', () => {
      set.delete(socket)
      if (open.size + turnedAway.size === 0) onEmpty()
    })
  }
  const refuse = (socket: Socket, code: WireFailureCode, message: string) => {
    if (turnedAway.size >= TURNED_AWAY_MAX) {
      socket.destroy()
      return
    }
    track(turnedAway, socket)
    void turnAway(socket, code, message)
  }
  return {
    refuse,
    take(socket, options) {
      if (open.size < maxConnections) {
        track(open, socket)
        void serveConnection(socket, options)
      } else {
        const message = `${maxConnections} connections are open already: try again when some have ended`
        refuse(socket, 'too_many_connections', message)
      }
    },
    close() {
      return new Promise(settle => {
        const timer = setTimeout(() => {
          for (const socket of [...open, ...turnedAway]) socket.destroy()
        }, CLOSE_MS)
        onEmpty = () => {
          clearTimeout(timer)
          settle()
        }
        if (open.size + turnedAway.size === 0) onEmpty()
      })
    },
  }
}
