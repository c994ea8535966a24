/** What processes of services ask over the spawn sockets of their keepers, which know who they are. */

import { answer } from '../../protocol/wire/answers.js'
import { createFrameDecoder, encodeFrame } from '../../protocol/wire/frames.js'
import type { RequestKind } from '../../protocol/wire/requests.js'
import { dispatch, type Handler, type Reply } from '../control/connection.js'
import type { Ask } from '../launch.js'
import { type Asker, answerSpawn } from './ask.js'
import type { DaemonContext } from './context.js'
import { reportForest } from './report.js'

/** What a process of a service may ask: a process below itself, and what runs in its own service. */
export const INSIDE_ALLOWED: readonly RequestKind[] = ['spawn', 'tree', 'ping']

/** How long an asker that was quicker than its own registration waits for it, in ms. */
const REGISTERED_MS = 5000

/** Answers every ask of the launcher, where it has a keeper to hear them. */
export function hearAsks(context: DaemonContext): void {
  context.core.launcher.hear?.(ask => {
    void answerAsk(context, ask)
  })
}

/** Never rejects: what a handler throws is answered as `failed`. */
async function answerAsk(context: DaemonContext, ask: Ask): Promise<void> {
  const bytesOf = new TextEncoder()
  const reply: Reply = {
    hungUp: ask.gone,
    send: async one => ask.answer(bytesOf.encode(encodeFrame(one)), false),
  }
  const fail = (code: 'bad_frame' | 'failed', message: string) => reply.send(answer('failed', { code, message }))
  try {
    const { frames, fault } = createFrameDecoder().push(ask.line)
    if (fault !== null) await fail('bad_frame', fault.message)
    else if (frames.length === 0) await fail('bad_frame', 'a request is one line with a JSON object: this one is empty')
    else await dispatch(frames[0], { allowed: INSIDE_ALLOWED, handle: handlerOf(context, ask) }, reply)
  } catch (error) {
    await fail('failed', error instanceof Error ? error.message : String(error))
  } finally {
    ask.answer(new Uint8Array(0), true)
  }
}

function handlerOf(context: DaemonContext, ask: Ask): Handler {
  return async (request, reply) => {
    if (request.kind === 'spawn') {
      const asker = await askerOf(context, ask)
      if (asker !== null) return answerSpawn(context, request, asker, reply)
      const message = `process ${ask.anchorPid}, for which ${ask.pid} asks, has ended or was never recorded`
      await reply.send(answer('failed', { code: 'owner_died', message }))
    } else if (request.kind === 'tree') {
      for await (const part of reportForest(context, ask.service)) await reply.send(part)
    } else await reply.send(answer('pong', { pid: process.pid }))
  }
}

/** Null: the process that would speak has ended meanwhile. */
async function askerOf({ book }: DaemonContext, { service, pid, anchorPid, anchorTicks }: Ask): Promise<Asker | null> {
  if (anchorPid === null) return { service, pid, process: null }
  const process = await book.registered(anchorPid, anchorTicks, REGISTERED_MS)
  if (process === null || process.service !== service || process.startTicks !== anchorTicks) return null
  return { service, pid: process.pid, process }
}
