/** A child's output as the embedder gets it: nothing is lost by looking late, nothing grows by not looking. */

import { Readable } from 'node:stream'

/** What is read of a pipe once its process has ended, though nobody listens, in bytes. More waits in the kernel. */
export const TAIL_BYTES_MAX = 1024 * 1024

/**
 * Wraps a pipe of `node:child_process`, which throws away whatever was not yet read when a process exits: the output of
 * a short command would be gone before its spawner's promise resolves. While the process lives nothing is read that
 * nobody asked for (a full pipe makes the child wait). Once it has ended the rest is fetched, at most `TAIL_BYTES_MAX`,
 * so that the descriptor is closed even if nobody ever reads.
 */
export function keepOutput(source: Readable, processEnded: Promise<unknown>): Readable {
  let open = true
  let ended = false
  let tailBytes = 0
  const output = new Readable({
    read() {
      source.resume()
    },
    destroy(error, callback) {
      source.destroy()
      callback(error)
    },
  })
  const finish = () => {
    if (open) output.push(null)
    open = false
  }
  source.pause()
  source.on('data', (chunk: Buffer) => {
    if (ended) tailBytes += chunk.length
    if (!output.push(chunk) && (!ended || tailBytes >= TAIL_BYTES_MAX)) source.pause()
  })
  source.on('end', finish)
  source.on('close', finish)
  // A pipe that cannot be read has said all it will say.
  source.on('error', finish)
  processEnded.then(() => {
    ended = true
    source.resume()
  })
  return output
}
