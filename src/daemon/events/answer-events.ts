/** The answer to `events`: what the chronicle has behind a place, and with `follow` what comes. */

import { type Answer, answer } from '../../../protocol/wire/answers.js'
import { ENTRIES_PER_ANSWER, parseCursor } from '../../../protocol/wire/chronicle.js'
import type { EventsRequest } from '../../../protocol/wire/requests.js'
import type { Chronicle } from './chronicle.js'

/**
 * `events_begin`, then `events`, any number of them; at the end `events_end`, which with `follow` comes when the daemon ends.
 * @param signal the asker has hung up
 */
export async function* answerEvents(
  chronicle: Chronicle,
  request: EventsRequest,
  signal: AbortSignal,
): AsyncGenerator<Answer> {
  const from = placeOf(chronicle, request)
  const begin = Math.max(from, chronicle.first)
  yield answer('events_begin', { chronicle: chronicle.name, behind: begin - 1, missed: begin - from })
  // Without `follow` it ends with what there was when it was asked.
  const end = request.follow ? Number.POSITIVE_INFINITY : chronicle.last
  let place = begin
  while (place <= end && !signal.aborted) {
    // A reader that was too slow is told so.
    const missed = Math.max(0, chronicle.first - place)
    const entries = chronicle.read(place, ENTRIES_PER_ANSWER)
    if (entries.length > 0) {
      yield answer('events', { entries, missed })
      place = entries[entries.length - 1].place + 1
    } else if (chronicle.isClosed) break
    else await chronicle.grown(place, signal)
  }
  yield answer('events_end', { last: place - 1 })
}

/** A cursor of another chronicle names nothing here: everything that is kept comes behind it. */
function placeOf(chronicle: Chronicle, { after, since, follow }: EventsRequest): number {
  const cursor = after === null ? null : parseCursor(after)
  if (cursor !== null) return cursor.chronicle === chronicle.name ? cursor.place + 1 : 1
  if (since !== null) return chronicle.placeSince(since)
  return follow ? chronicle.last + 1 : chronicle.first
}
