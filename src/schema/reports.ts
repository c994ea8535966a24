/** What a daemon reports, as JSON Schemas; the compiler compares their fields with those of the types. */

import { EXIT_REASONS, type Exit } from '../../protocol/children.js'
import type { LimitChange, LimitOrigin } from '../../protocol/limit-layers.js'
import { LIMIT_NAMES } from '../../protocol/limit-layers.js'
import { LIMIT_KEYS, type LimitKey, type Limits, type Rate } from '../../protocol/limits.js'
import type { OverLimit } from '../../protocol/over-limits.js'
import { REFUSAL_CODES, type Refusal } from '../../protocol/refusals.js'
import type { ServicePhase } from '../../protocol/restarts.js'
import { MEMORY_SOURCES } from '../../protocol/trees.js'
import type { ProcessReport, ServiceReport } from '../../protocol/wire/answers.js'
import type { Ancestor, Cause, EndOrder, EndReport } from '../../protocol/wire/past.js'
import { anyOf, BOOLEAN, COUNT, type JsonSchema, listOf, NUMBER, oneOf, orNull, STRING, whole } from './words.js'

/** A schema for each field of a type, and for no other. */
export type Fields<T> = { readonly [K in keyof T]-?: JsonSchema }

/** An object with all of these fields, but for the optional ones. Others may be there: new fields do not raise the version. */
export function report<T>(fields: Fields<T>, optional: readonly (keyof T)[] = []): JsonSchema {
  const required = Object.keys(fields).filter(key => !(optional as readonly string[]).includes(key))
  return { type: 'object', properties: fields, ...(required.length === 0 ? {} : { required }) }
}

/** Unix ms. */
export const MOMENT: JsonSchema = { type: 'number', description: 'Unix ms.' }
export const PID: JsonSchema = whole(1, 2 ** 22)
const TICKS: JsonSchema = orNull(COUNT)
const RATE: JsonSchema = report<Rate>({ limit: COUNT, windowMs: COUNT })

export const EXIT: JsonSchema = report<Exit>({
  exitCode: orNull(whole(0, 255)),
  signal: orNull(whole(1, 127)),
  finishedAt: MOMENT,
  reason: oneOf(...EXIT_REASONS),
})

/** The value of each limit. */
export const LIMIT_VALUES: Fields<Limits> = Object.fromEntries(
  LIMIT_NAMES.map(name => [name, limitValue(LIMIT_KEYS[name] as LimitKey)]),
) as Fields<Limits>

export const LIMITS: JsonSchema = report<Limits>(LIMIT_VALUES)

/** Any name of a limit. */
export const LIMIT_NAME: JsonSchema = oneOf(...LIMIT_NAMES)

const ANY_LIMIT: JsonSchema = anyOf({ type: ['integer', 'string', 'boolean', 'null'] }, RATE)

export const LIMIT_CHANGE: JsonSchema = report<LimitChange>({ name: LIMIT_NAME, before: ANY_LIMIT, after: ANY_LIMIT })

type OriginOf<F extends LimitOrigin['from']> = Extract<LimitOrigin, { readonly from: F }>

export const LIMIT_ORIGIN: JsonSchema = anyOf(
  report<OriginOf<'default'>>({ from: oneOf('default') }),
  report<OriginOf<'file'>>({ from: oneOf('file'), file: STRING, line: whole(1, Number.MAX_SAFE_INTEGER) }),
  report<OriginOf<'command'>>({ from: oneOf('command'), command: STRING, atMs: orNull(MOMENT) }),
  report<OriginOf<'api'>>({ from: oneOf('api'), atMs: orNull(MOMENT) }),
)

export const OVER: JsonSchema = report<OverLimit>({
  limit: oneOf('depth', 'children', 'descendants', 'totalMemory'),
  allowed: COUNT,
  used: COUNT,
})

export const REFUSAL: JsonSchema = report<Refusal>(
  {
    ok: { const: false },
    code: oneOf(...REFUSAL_CODES),
    message: STRING,
    limit: orNull(NUMBER),
    current: orNull(NUMBER),
    decisionId: STRING,
    retryAfterMs: { description: 'Null: never.', ...orNull(NUMBER) },
  },
  ['retryAfterMs'],
)

type PhaseOf<K extends ServicePhase['kind']> = Extract<ServicePhase, { readonly kind: K }>

const PHASE: JsonSchema = anyOf(
  report<PhaseOf<'waiting'>>({ kind: oneOf('waiting'), for: listOf(STRING) }),
  report<PhaseOf<'starting' | 'running' | 'ended'>>({ kind: oneOf('starting', 'running', 'ended') }),
  report<PhaseOf<'restarting'>>({
    kind: oneOf('restarting'),
    atMs: MOMENT,
    count: COUNT,
    limit: orNull(COUNT),
  }),
  report<PhaseOf<'failed'>>({ kind: oneOf('failed'), count: COUNT, windowMs: COUNT }),
)

/** The figures of one service. */
export const SERVICE_FIELDS: Fields<ServiceReport> = {
  name: STRING,
  limits: LIMITS,
  liveDescendants: COUNT,
  totalDescendants: COUNT,
  reservations: COUNT,
  memoryUsed: { ...COUNT, description: 'Bytes.' },
  memorySource: oneOf(...MEMORY_SOURCES),
  linesLost: { ...COUNT, description: 'Lines of its output that the disk did not take.' },
  rateUsed: { ...COUNT, description: 'Grants that count now, of the parent that has most.' },
  processes: COUNT,
  state: oneOf('waiting', 'starting', 'running', 'rootless', 'restarting', 'stopping', 'failed', 'ended'),
  phase: PHASE,
  restarts: COUNT,
  over: listOf(OVER),
}

export const PROCESS: JsonSchema = report<ProcessReport>({
  service: STRING,
  name: STRING,
  pid: PID,
  startTicks: TICKS,
  kind: oneOf('root', 'spawned', 'peripheral'),
  parentPid: PID,
  depth: COUNT,
  command: { ...STRING, description: 'Secrets hidden.' },
  state: oneOf('running', 'ending', 'adopted'),
  cpuPercent: orNull(NUMBER),
  rssBytes: orNull(COUNT),
  startedAt: MOMENT,
  ttlMs: orNull(NUMBER),
})

export const ANCESTOR: JsonSchema = report<Ancestor>({ pid: PID, name: STRING })

export const ORDER: JsonSchema = report<EndOrder>({
  reason: oneOf('ttl', 'quota', 'cascade', 'stop'),
  atMs: MOMENT,
  graceMs: NUMBER,
})

export const CAUSE: JsonSchema = report<Cause>({
  pid: PID,
  name: STRING,
  exit: orNull(EXIT),
  order: orNull(ORDER),
})

/** One end. */
export const END_FIELDS: Fields<EndReport> = {
  service: STRING,
  name: STRING,
  pid: PID,
  startTicks: TICKS,
  parentPid: orNull(PID),
  depth: COUNT,
  command: { ...STRING, description: 'Secrets hidden.' },
  startedAt: MOMENT,
  ttlMs: orNull(NUMBER),
  exit: EXIT,
  order: orNull(ORDER),
  peakRssBytes: orNull(COUNT),
  peakCpuPercent: orNull(NUMBER),
  cpuMs: orNull(NUMBER),
  coreDumped: orNull(BOOLEAN),
}

function limitValue(key: LimitKey): JsonSchema {
  switch (key.unit) {
    case 'rate':
      return orNull(RATE)
    case 'choice':
      return oneOf(...key.choices)
    case 'flag':
      return BOOLEAN
    default:
      return key.liftable ? orNull(whole(key.min, key.max)) : whole(key.min, key.max)
  }
}
