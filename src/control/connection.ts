/** One connection of a control socket: one request, its answers, the end. */

import type { Socket } from 'node:net'
import { type Answer, answer, type WireFailureCode } from '../../protocol/wire/answers.js'
import { createFrameDecoder, encodeFrame, type FrameObject } from '../../protocol/wire/frames.js'
import { parseRequest, type Request, type RequestKind } from '../../protocol/wire/requests.js'

/** How long a request may take to arrive whole, in ms from the connection. */
export const REQUEST_DEADLINE_MS = 5000

/** How long an answer may wait for a reader that does not read, in ms. */
export const ANSWER_DEADLINE_MS = 5000

/** How long an answered asker may take to close its side, in ms. */
const LINGER_MS = 500

/** The side of the asker as a handler sees it. */
export interface Reply {
  /** Resolves when there is room for more, or when nobody listens any more. At most `ANSWER_DEADLINE_MS`. */
  send(answer: Answer): Promise<void>
  /** Aborted when the asker has hung up: who only waited need not wait longer. */
  readonly hungUp: AbortSignal
}

/** Answers a request; what it throws is answered as `failed`. */
export type Handler = (request: Request, reply: Reply) => Promise<void>

export interface ConnectionOptions {
  /** Kinds that this socket takes; others are refused by name. */
  readonly allowed: readonly RequestKind[]
  readonly handle: Handler
  /** Whom a refusal names; default: the socket. */
  readonly asker?: string
  /** Default `REQUEST_DEADLINE_MS`. */
  readonly requestDeadlineMs: number
}

/** Serves one connection to its end; never rejects. */
export async function serveConnection(socket: Socket, options: ConnectionOptions): Promise<void> {
  // A reader that goes away is no event for us: writes to it are dropped, and 'close' follows.
  socket.on('error', () => socket.destroy())
  const reply = createReply(socket)
  try {
    const frame = await readFrame(socket, options.requestDeadlineMs)
    if (frame === null) return
    if (frame.problem !== null) await reply.send(failed(frame.problem.code, frame.problem.message))
    else await dispatch(frame.frame, options, reply)
  } catch (error) {
    await reply.send(failed('failed', error instanceof Error ? error.message : String(error)))
  } finally {
    await finish(socket)
  }
}

/** Says why a connection is not served, and ends it. */
export async function turnAway(socket: Socket, code: WireFailureCode, message: string): Promise<void> {
  socket.on('error', () => socket.destroy())
  socket.resume()
  await createReply(socket).send(failed(code, message))
  await finish(socket)
}

/** Parses a request, looks whether it is taken here, and has it answered. */
export async function dispatch(
  frame: FrameObject,
  options: Pick<ConnectionOptions, 'allowed' | 'handle' | 'asker'>,
  reply: Reply,
): Promise<void> {
  const parsed = parseRequest(frame)
  if (!parsed.ok) return reply.send(failed('bad_request', parsed.message))
  const { request } = parsed
  if (!options.allowed.includes(request.kind)) {
    const where = options.asker === undefined ? 'on this socket' : `to ${options.asker}`
    const message = `${request.kind} is not answered ${where}: it takes ${options.allowed.join(' and ')}`
    return reply.send(failed('not_allowed', message))
  }
  return options.handle(request, reply)
}

interface Problem {
  readonly code: WireFailureCode
  readonly message: string
}

type Received =
  | { readonly frame: FrameObject; readonly problem: null }
  | { readonly frame: null; readonly problem: Problem }

/** The one frame of a connection; null when the asker left without a word. */
function readFrame(socket: Socket, deadlineMs: number): Promise<Received | null> {
  const decoder = createFrameDecoder()
  return new Promise(settle => {
    const done = (received: Received | null) => {
      clearTimeout(timer)
      socket.off('data', onData).off('end', onEnd).off('close', onClose)
      // What comes after the request is not for us, and still has to be read for its end to be seen.
      socket.resume()
      settle(received)
    }
    const refuse = (code: WireFailureCode, message: string) => done({ frame: null, problem: { code, message } })
    const onData = (chunk: Buffer) => {
      const { frames, fault } = decoder.push(chunk)
      if (frames.length > 1 || (frames.length === 1 && (decoder.held > 0 || fault !== null))) {
        refuse('bad_request', 'one request a connection: open another one for the next')
      } else if (fault !== null) refuse('bad_frame', fault.message)
      else if (frames.length === 1) done({ frame: frames[0], problem: null })
    }
    const onEnd = () => {
      const fault = decoder.end()
      if (fault === null) done(null)
      else refuse('bad_frame', fault.message)
    }
    const onClose = () => done(null)
    const late = () =>
      refuse('timeout', `no whole request within ${deadlineMs} ms: send it in one go, with its newline`)
    const timer = setTimeout(late, deadlineMs)
    socket.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}

function createReply(socket: Socket): Reply {
  const hangUp = new AbortController()
  socket.on('end', () => hangUp.abort())
  socket.on('close', () => hangUp.abort())
  return {
    hungUp: hangUp.signal,
    async send(answer) {
      if (!socket.writable) return
      if (socket.write(encodeFrame(answer))) return
      if (!(await happens(socket, 'drain', ANSWER_DEADLINE_MS))) socket.destroy()
    },
  }
}

async function finish(socket: Socket): Promise<void> {
  if (socket.destroyed) return
  const finished = happens(socket, 'finish', ANSWER_DEADLINE_MS)
  socket.end()
  await finished
  // An asker still writing (a frame too long) would lose the answer to a reset if this side closed over unread bytes.
  if (!socket.readableEnded) await happens(socket, 'end', LINGER_MS)
  socket.destroy()
}

/** True when the event comes within the time, false at the deadline or when the socket closes first. */
function happens(socket: Socket, event: 'drain' | 'finish' | 'end', withinMs: number): Promise<boolean> {
  return new Promise(settle => {
    const done = (came: boolean) => {
      clearTimeout(timer)
      socket.off(event, onEvent).off('close', onClose)
      settle(came)
    }
    const onEvent = () => done(true)
    const onClose = () => done(false)
    const timer = setTimeout(onClose, withinMs)
    socket.once(event, onEvent).once('close', onClose)
  })
}

function failed(code: WireFailureCode, message: string): Answer {
  return answer('failed', { code, message })
}
