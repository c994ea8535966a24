/** Connecting to a keeper's socket, however long the path to it is. */

import { closeSync, openSync } from 'node:fs'
import { connect, type OnReadOpts, type Socket } from 'node:net'
import { join } from 'node:path'
import { EspalierError } from '../../protocol/failures.js'

/** How long a keeper may take to accept, in ms. It needs one turn of its loop. */
const CONNECT_MS = 5000

/**
 * Room for what is read at a time, in bytes, used again and again: Node takes 64 KiB for each read, and gives back what was not
 * needed.
 */
const READ_BYTES = 16 * 1024

/**
 * `read` is given what comes, to be used before it returns or while the socket is paused; without it the socket has its `data` events.
 * @throws {EspalierError} `unavailable` when nobody listens in `folder`, or accepts in time
 */
export async function connectToKeeper(folder: string, read?: (bytes: Uint8Array) => void): Promise<Socket> {
  // `sun_path` holds 107 bytes; through a descriptor the path is always short (unix(7), proc(5)).
  const directory = openSync(folder, 'r')
  try {
    const path = join('/proc/self/fd', String(directory), 'link.sock')
    return await connected(connect(read === undefined ? { path } : { path, onread: intoOneBuffer(read) }), folder)
  } finally {
    closeSync(directory)
  }
}

function intoOneBuffer(read: (bytes: Uint8Array) => void): OnReadOpts {
  return {
    // Not of the pool that others share.
    buffer: new Uint8Array(READ_BYTES),
    callback(count, buffer) {
      read(buffer.subarray(0, count))
      return true
    },
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
