/** The JSON Schema of what each command prints with `--json`: of its one object, or of each line. */

import { REFUSAL_CODES } from '../../protocol/refusals.js'
import type { ReloadChange } from '../../protocol/wire/changes.js'
import type { RefusalReport } from '../../protocol/wire/past.js'
import type { Disagreement } from '../doctor/audit.js'
import type { Check } from '../doctor/checks.js'
import type { Audit } from '../doctor/looks.js'
import type { Change, ServicePlan } from '../plan/replay.js'
import { eventsSchema } from './events.js'
import {
  ANCESTOR,
  CAUSE,
  END_FIELDS,
  type Fields,
  LIMIT_CHANGE,
  LIMIT_NAME,
  LIMIT_ORIGIN,
  LIMIT_VALUES,
  MOMENT,
  ORDER,
  OVER,
  PID,
  PROCESS,
  REFUSAL,
  report,
  SERVICE_FIELDS,
} from './reports.js'
import { anyOf, BOOLEAN, COUNT, DRAFT, type JsonSchema, listOf, NULL, NUMBER, oneOf, orNull, STRING } from './words.js'

/** Every command with `--json`, by its words. */
export function outputSchemas(version: number): Readonly<Record<string, JsonSchema>> {
  const v: JsonSchema = { const: version }
  const one = (fields: Readonly<Record<string, JsonSchema>>) =>
    report<Readonly<Record<string, unknown>>>({ v, ...fields })
  const schemas: Readonly<Record<string, JsonSchema>> = {
    tree: one({
      daemonPid: PID,
      atMs: MOMENT,
      services: listOf(report({ ...SERVICE_FIELDS, tree: listOf(PROCESS) })),
    }),
    ps: one({ atMs: MOMENT, processes: listOf(PROCESS) }),
    services: one({ atMs: MOMENT, services: listOf(SERVICE) }),
    status: one({
      daemonPid: orNull(PID),
      services: listOf(report({ ...SERVICE_FIELDS, roots: listOf(PID) })),
      keepers: listOf(report({ service: STRING, pid: PID, startTicks: COUNT, hasDaemon: BOOLEAN })),
      lostKeepers: listOf(STRING),
      notStored: { description: 'Why the daemon stores nothing; null: it does.', ...orNull(STRING) },
    }),
    logs: anyOf(
      one({
        kind: oneOf('line'),
        time: STRING,
        service: STRING,
        name: { description: 'Null: the root.', ...orNull(STRING) },
        pid: COUNT,
        stream: oneOf('out', 'err', 'lost'),
        text: STRING,
      }),
      one({ kind: oneOf('lost'), time: STRING, service: STRING, lines: COUNT, bytes: COUNT, error: STRING }),
      one({ kind: oneOf('missed'), service: STRING, files: COUNT }),
    ),
    events: eventsSchema(v),
    history: one(END_FIELDS),
    why: anyOf(
      one({ kind: oneOf('refusal'), ...REFUSED }),
      one({
        kind: oneOf('end'),
        end: report(END_FIELDS),
        chain: listOf(ANCESTOR),
        causes: listOf(CAUSE),
        others: COUNT,
      }),
      one({
        kind: oneOf('living'),
        process: PROCESS,
        chain: listOf(ANCESTOR),
        service: SERVICE,
        children: COUNT,
        order: orNull(ORDER),
        atMs: MOMENT,
        others: COUNT,
      }),
    ),
    'limits get': one({
      services: listOf(
        report({
          service: STRING,
          limits: report(
            Object.fromEntries(
              Object.entries(LIMIT_VALUES).map(([name, value]) => [name, report({ value, origin: LIMIT_ORIGIN })]),
            ),
          ),
          over: listOf(OVER),
        }),
      ),
    }),
    'limits set': one({
      service: STRING,
      changes: listOf(LIMIT_CHANGE),
      over: listOf(OVER),
      notes: listOf(STRING),
    }),
    reload: one({ dryRun: BOOLEAN, changes: listOf(RELOAD_CHANGE) }),
    plan: one({ since: orNull(MOMENT), services: listOf(PLAN), leftOut: listOf(STRING) }),
    doctor: one({ checks: listOf(CHECK), audit: anyOf(report({ reason: STRING }), AUDIT) }),
    'config print': one({
      config: {
        description: 'By the keys of a config; with --origin each value is { value, origin }. Null: not set.',
        type: 'object',
        required: ['services'],
      },
    }),
  }
  return Object.fromEntries(
    Object.entries(schemas).map(([command, schema]) => [
      command,
      { $schema: DRAFT, title: `A line of "espalier ${command} --json"`, ...schema },
    ]),
  )
}

const SERVICE: JsonSchema = report(SERVICE_FIELDS)

const REFUSED: Fields<RefusalReport> = {
  service: STRING,
  refusal: REFUSAL,
  atMs: MOMENT,
  childName: STRING,
  parent: ANCESTOR,
  askerPid: PID,
  chain: listOf(ANCESTOR),
  alike: COUNT,
}

type ReloadOf<K extends ReloadChange['kind']> = Extract<ReloadChange, { readonly kind: K }>

const RELOAD_CHANGE: JsonSchema = anyOf(
  report<ReloadOf<'started' | 'started_again' | 'left_out'>>({
    service: STRING,
    kind: oneOf('started', 'started_again', 'left_out'),
  }),
  report<ReloadOf<'limits'>>({
    service: STRING,
    kind: oneOf('limits'),
    changes: listOf(LIMIT_CHANGE),
    kept: listOf(LIMIT_NAME),
  }),
  report<ReloadOf<'at_once' | 'next_start'>>({
    service: STRING,
    kind: oneOf('at_once', 'next_start'),
    keys: listOf(STRING),
  }),
)

const BY_RULE: JsonSchema = {
  type: 'object',
  propertyNames: oneOf(...REFUSAL_CODES),
  additionalProperties: COUNT,
}

const CHANGE: JsonSchema = anyOf(
  report<Change>({ at: MOMENT, childName: STRING, parentPid: PID, message: STRING }),
  NULL,
)

const PLAN: JsonSchema = report<ServicePlan>({
  service: STRING,
  granted: COUNT,
  refused: COUNT,
  grantedNow: COUNT,
  newlyRefused: BY_RULE,
  firstRefused: CHANGE,
  newlyGranted: BY_RULE,
  firstGranted: CHANGE,
  unasked: COUNT,
  peakThen: COUNT,
  peakNow: COUNT,
})

const CHECK: JsonSchema = report<Check>({
  name: STRING,
  state: oneOf('ok', 'weaker', 'missing'),
  means: STRING,
  wayOut: orNull(STRING),
})

const AUDIT: JsonSchema = report<Audit & { readonly daemonPid: number }>({
  daemonPid: PID,
  services: COUNT,
  processes: COUNT,
  keepers: COUNT,
  looks: NUMBER,
  lost: listOf(report<Audit['lost'][number]>({ service: STRING, lines: COUNT })),
  disagreements: listOf(
    report<Disagreement>({
      kind: oneOf('not_living', 'not_shown', 'wrong_service', 'miscounted'),
      service: STRING,
      pid: orNull(PID),
      key: STRING,
      says: STRING,
    }),
  ),
})
