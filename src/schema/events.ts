/** What a line of `espalier events --json` may be, as a JSON Schema. */

import { CHILD_KINDS, type Child } from '../../protocol/children.js'
import type { EventFields, EventKind } from '../../protocol/events.js'
import { FAILURE_CODES } from '../../protocol/failures.js'
import { REFUSAL_CODES } from '../../protocol/refusals.js'
import { EXIT, type Fields, LIMITS, MOMENT, PID, REFUSAL, report } from './reports.js'
import { anyOf, BOOLEAN, COUNT, type JsonSchema, listOf, NUMBER, oneOf, orNull, STRING } from './words.js'

const CHILD: JsonSchema = report<Child>({
  name: STRING,
  pid: PID,
  startTicks: orNull(COUNT),
  parentPid: PID,
  command: { ...STRING, description: 'Secrets hidden.' },
  startedAt: MOMENT,
  ttlMs: orNull(NUMBER),
  depth: COUNT,
  cpuPercent: orNull(NUMBER),
  rssBytes: orNull(COUNT),
  lastExit: orNull(EXIT),
  user: orNull(STRING),
  kind: oneOf(...CHILD_KINDS),
})

const EVENT_FIELDS: { readonly [K in EventKind]: Fields<EventFields[K]> } = {
  service_registered: { limits: LIMITS, replaced: BOOLEAN },
  service_unregistered: {},
  root_registered: { pid: PID, startTicks: orNull(COUNT) },
  root_exited: { pid: PID, exit: EXIT },
  spawn_granted: { parentPid: PID, childName: STRING, depth: COUNT, ticket: NUMBER, expiresAtMs: NUMBER },
  spawn_refused: { parentPid: PID, childName: STRING, refusal: REFUSAL },
  ticket_released: { ticket: NUMBER, parentPid: PID },
  ticket_expired: { ticket: NUMBER, parentPid: PID },
  child_recorded: { child: CHILD, ticket: orNull(NUMBER), late: BOOLEAN },
  child_exited: { child: CHILD },
  child_moved: { pid: PID, fromPid: PID, toPid: PID },
  child_removed: { child: CHILD },
  limit_overrun: {
    pid: PID,
    code: oneOf(...REFUSAL_CODES),
    limit: orNull(NUMBER),
    current: orNull(NUMBER),
  },
  termination_due: { pids: listOf(PID), reason: oneOf('ttl', 'quota', 'cascade', 'stop') },
  cast_failed: { operation: STRING, code: oneOf(...FAILURE_CODES), message: STRING },
  events_lost: { from: COUNT, to: COUNT },
}

/** Each kind of event with its place, and how many are kept no more. `version` is that of the form. */
export function eventsSchema(version: JsonSchema): JsonSchema {
  const kinds = Object.entries(EVENT_FIELDS).map(([kind, fields]) =>
    report<Readonly<Record<string, unknown>>>({
      v: version,
      cursor: { ...STRING, description: 'What --since goes on behind.' },
      at: MOMENT,
      kind: oneOf(kind),
      service: STRING,
      number: COUNT,
      atMs: { ...NUMBER, description: "Ms of the daemon's monotonic clock." },
      ...fields,
    }),
  )
  const missed = report<Readonly<Record<string, unknown>>>({ v: version, kind: oneOf('events_missed'), missed: COUNT })
  return anyOf(...kinds, missed)
}
