/** Connecting to a keeper's socket, however long the path to it is. */

import { closeSync, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { EspalierError } from '../../protocol/failures.js'

/** How long a keeper may take to accept, in ms. It needs one turn of its loop. */
const CONNECT_MS = 5000

/** @throws {EspalierError} `unavailable` when nobody listens in `folder`, or accepts in time */
export async function connectToKeeper(folder: string): Promise<Socket> {
  // `sun_path` holds 107 bytes; through a descriptor the path is always short (unix(7), proc(5)).
  const directory = openSync(folder, 'r')
  try {
    return await connected(connect(join('/proc/self/fd', String(directory), 'link.sock')), folder)
  } finally {
    closeSync(directory)
  }
}

function connected(socket: Socket, folder: string): Promise<Socket> {
  return new Promise((settle, reject) => {
    const fail = (cause: unknown) => {
      clearTimeout(timer)
      socket.destroy()
      const why = cause instanceof Error ? cause.message : `it did not answer within ${CONNECT_MS} ms`
      reject(
        new EspalierError('unavailable', `no keeper can be reached in ${JSON.stringify(folder)}: ${why}`, { cause }),
      )
    }
    const timer = setTimeout(fail, CONNECT_MS)
    socket.once('error', fail)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      settle(socket)
    })
  })
}
