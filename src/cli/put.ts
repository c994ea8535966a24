/** Standard output of a command that will end: written to its last byte, for as long as somebody reads it. */

import type { Writable } from 'node:stream'
import { ClientError } from '../client/errors.js'

/**
 * Writes `text`; true once it has left this process, false when its reader has gone (`| head`).
 * @throws {ClientError} `timeout` when the reader has not taken it after `withinMs`.
 */
export function put(stream: Writable, text: string, withinMs: number): Promise<boolean> {
  return new Promise((settle, reject) => {
    const late = () => reject(new ClientError('timeout', `nobody has read the output for ${withinMs} ms`))
    const timer = setTimeout(late, Math.min(withinMs, 2 ** 31 - 1))
    stream.write(text, error => {
      clearTimeout(timer)
      settle(error == null)
    })
  })
}
