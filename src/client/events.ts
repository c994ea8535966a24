/** Reading a daemon's chronicle of events. */

import { type ChronicleEntry, cursorText } from '../../protocol/wire/chronicle.js'
import { WIRE_VERSION } from '../../protocol/wire/requests.js'
import { openCall } from './call.js'
import type { EventsFrom } from './connect.js'
import { ClientError } from './errors.js'

/** Some entries, and how many before them the chronicle no longer had. */
export interface EventBatch {
  readonly chronicle: string
  /** Place of the last entry here, or behind which the next will come. */
  readonly place: number
  readonly missed: number
  readonly entries: readonly ChronicleEntry[]
}

/** An hour: nothing happens for longer than that, and then the next hour begins. In ms. */
const QUIET_MS = 3_600_000

/**
 * The entries behind a place, the first batch perhaps without any. With `follow` it goes on until the daemon ends.
 * @throws {ClientError} as every call does; `unreachable` when the daemon is gone before it has said that it ends
 */
export async function* readEvents(
  socket: string,
  timeoutMs: number,
  { after, since }: EventsFrom,
  follow: boolean,
): AsyncGenerator<EventBatch> {
  const cursor = after === undefined ? null : cursorText(after)
  const call = openCall(socket, { v: WIRE_VERSION, kind: 'events', after: cursor, since: since ?? null, follow })
  try {
    const begin = await call.next(timeoutMs)
    if (begin.kind !== 'events_begin') throw new ClientError('failed', `the daemon answered ${begin.kind} to events`)
    const { chronicle } = begin
    let place = begin.behind
    yield { chronicle, place, missed: begin.missed, entries: [] }
    for (;;) {
      const answer = await nextOf(() => call.next(follow ? QUIET_MS : timeoutMs), follow)
      if (answer === null) continue
      if (answer.kind === 'events_end') return
      if (answer.kind !== 'events') throw new ClientError('failed', `the daemon answered ${answer.kind} to events`)
      const { entries } = answer
      if (entries.length === 0) continue
      place = entries[entries.length - 1].place
      yield { chronicle, place, missed: answer.missed, entries }
    }
  } finally {
    call.close()
  }
}

/** Null when nothing came for an hour of a follower's. */
async function nextOf<T>(next: () => Promise<T>, follow: boolean): Promise<T | null> {
  try {
    return await next()
  } catch (error) {
    if (follow && error instanceof ClientError && error.code === 'timeout') return null
    throw error
  }
}
