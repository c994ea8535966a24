/** One request over one connection, its answers as they come. */

import { connect as connectSocket, type Socket } from 'node:net'
import { type Answer, parseAnswer } from '../../protocol/wire/answers.js'
import { createFrameDecoder, encodeFrame, FRAME_BYTES_MAX } from '../../protocol/wire/frames.js'
import type { Request } from '../../protocol/wire/requests.js'
import { checkSocketPath } from '../control/paths.js'
import { ClientError } from './errors.js'

/** An open call. Whoever opens one closes it. */
export interface Call {
  /**
   * The next answer.
   * @throws {ClientError} `timeout` after `withinMs`, `unreachable` when the daemon is not or no longer there, and the
   * daemon's own code for an answer `failed`.
   */
  next(withinMs: number): Promise<Answer>
  close(): void
}

/** Longest wait that a timer can hold, in ms. */
const WAIT_MAX_MS = 2 ** 31 - 1

/** Answers held for a caller that asks slowly; past it the socket waits. */
const QUEUE_MAX = 64

/**
 * Opens a connection and sends the request; failures of the connection show at `next`.
 * @throws {ClientError} `bad_request` for a request longer than a frame may be.
 * @throws {RuntimeDirectoryError} for a path longer than a socket's may be.
 */
export function openCall(socketPath: string, request: Request): Call {
  const frame = encodeFrame(request)
  const frameBytes = Buffer.byteLength(frame) - 1
  if (frameBytes > FRAME_BYTES_MAX) throw tooLong(frameBytes)
  const decoder = createFrameDecoder()
  const queue: Answer[] = []
  let ended: ClientError | null = null
  let wake: () => void = () => undefined
  checkSocketPath(socketPath)
  const socket = connectSocket({ path: socketPath })
  const end = (error: ClientError) => {
    ended ??= error
    wake()
  }
  socket.on('connect', () => socket.write(frame))
  socket.on('error', error => end(unreachable(socketPath, error)))
  socket.on('data', (chunk: Buffer) => {
    const { frames, fault } = decoder.push(chunk)
    for (const frame of frames) {
      const answer = parseAnswer(frame)
      if (answer === null) end(foreign(socketPath))
      else queue.push(answer)
    }
    if (fault !== null) end(foreign(socketPath))
    if (queue.length >= QUEUE_MAX) socket.pause()
    wake()
  })
  socket.on('close', () => end(gone(socketPath)))

  return {
    async next(withinMs) {
      const deadline = performance.now() + withinMs
      for (;;) {
        const answer = queue.shift()
        if (answer !== undefined) {
          socket.resume()
          if (answer.kind === 'failed') throw new ClientError(answer.code, answer.message)
          return answer
        }
        if (ended !== null) throw ended
        const leftMs = deadline - performance.now()
        if (leftMs <= 0)
          throw new ClientError('timeout', `no answer from ${JSON.stringify(socketPath)} in ${Math.round(withinMs)} ms`)
        await waitForNews(leftMs, listener => {
          wake = listener
        })
      }
    },
    close: () => hangUp(socket),
  }
}

function waitForNews(waitMs: number, listen: (listener: () => void) => void): Promise<void> {
  return new Promise(settle => {
    const timer = setTimeout(settle, Math.min(Math.max(1, waitMs), WAIT_MAX_MS))
    listen(() => {
      clearTimeout(timer)
      settle()
    })
  })
}

function hangUp(socket: Socket): void {
  socket.removeAllListeners('data')
  socket.destroy()
}

function tooLong(bytes: number): ClientError {
  return new ClientError(
    'bad_request',
    `the request has ${bytes} bytes and may have ${FRAME_BYTES_MAX}: pass fewer arguments and a smaller environment`,
  )
}

function unreachable(path: string, cause: Error): ClientError {
  const code = 'code' in cause ? String(cause.code) : cause.message
  const why = code === 'ENOENT' || code === 'ECONNREFUSED' ? 'no daemon runs there' : code
  return new ClientError(
    'unreachable',
    `no daemon answers at ${JSON.stringify(path)} (${why}): start one with "espalier run", or name its directory with --runtime-dir`,
    { cause },
  )
}

function gone(path: string): ClientError {
  return new ClientError('unreachable', `the daemon at ${JSON.stringify(path)} hung up before it had answered`)
}

function foreign(path: string): ClientError {
  return new ClientError('bad_frame', `what answers at ${JSON.stringify(path)} is no espalier daemon of this version`)
}
