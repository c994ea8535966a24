/** The JSON Schema of a config file (draft 7), for editors. It says no more than the parser does, which alone decides. */

import { durationText, rateText, sizeText } from '../../protocol/limit-text.js'
import { LIMIT_KEYS, type LimitKey } from '../../protocol/limits.js'
import { INTENSITY_MAX, RESTART_DEFAULTS, RESTART_POLICIES } from '../../protocol/restarts.js'
import { anyOf, DRAFT, type JsonSchema, NULL, orNull, whole } from '../schema/words.js'
import { FILES_MAX } from './env-file.js'
import { LOG_FILES } from './logs.js'
import { PATTERN_LENGTH_MAX, READY_DEFAULTS } from './ready.js'
import { NICE, RESOURCES, USER } from './rights.js'
import { type FileKey, MODES, type ServiceKey } from './schema.js'
import { HOOK_KINDS, HOOK_TIMEOUT_MS, LOG_DEFAULTS } from './types.js'

const QUANTITY = '\\s*[0-9]+(_[0-9]+)*(\\.[0-9]+)?\\s*'
const DURATION = `${QUANTITY}(ms|s|m|h|d)\\s*`

/** Text, or what YAML takes for a number or a flag: the parser reads it as it is written. */
const TEXT: JsonSchema = { type: ['string', 'number', 'boolean'] }
const DURATION_TEXT: JsonSchema = { type: 'string', pattern: `^${DURATION}$` }
const SIZE: JsonSchema = anyOf(whole(0, Number.MAX_SAFE_INTEGER), {
  type: 'string',
  pattern: `^${QUANTITY}([kKmMgGtT]?([iI]?[bB])?)\\s*$`,
})
const RATE: JsonSchema = { type: 'string', pattern: `^\\s*[0-9]+(_[0-9]+)*\\s*/${DURATION}$` }
const COMMAND: JsonSchema = command(TEXT)
const PATH: JsonSchema = { ...TEXT, pattern: '^[^~]' }

/** The whole schema. Its keys are those of the parser's shape: the compiler compares the two. */
export function configSchema(): JsonSchema {
  const properties: Readonly<Record<FileKey, JsonSchema>> = {
    version: { ...anyOf({ type: 'string', pattern: '^1(\\.[0-9]+)*$' }, number(1, 1.999999), NULL), default: 1 },
    services: {
      description: 'What is run, by its name.',
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^[A-Za-z0-9._-]{1,64}$' },
      additionalProperties: object(serviceProperties(), ['command']),
    },
    metrics: {
      description: 'Where the daemon serves its figures.',
      ...orNull(object({ listen: { type: 'string', default: '127.0.0.1:9464' } }, ['listen'])),
    },
    logs: {
      description: 'How much output is kept of every service, and of all together.',
      ...orNull(object({ ...logProperties(), total: { ...SIZE, default: sizeText(LOG_DEFAULTS.totalBytes) } })),
    },
  }
  return {
    $schema: DRAFT,
    title: 'A config of espalier',
    ...object(properties, ['services']),
  }
}

function serviceProperties(): Readonly<Record<ServiceKey, JsonSchema>> {
  return {
    command: { description: 'The program and its arguments, as a list or as one text. No shell runs it.', ...COMMAND },
    env: {
      description: 'Variables, laid over PATH, HOME, USER, LANG and TZ.',
      ...anyOf(
        { type: 'object', propertyNames: { pattern: '^[^=]+$' }, additionalProperties: TEXT },
        object({ vars: { type: 'object', propertyNames: { pattern: '^[^=]+$' }, additionalProperties: TEXT } }, [
          'vars',
        ]),
        NULL,
      ),
    },
    env_file: {
      description: 'Files of NAME=value lines; a later one lies over an earlier one, env over all.',
      ...anyOf(PATH, { type: 'array', items: PATH, maxItems: FILES_MAX }, NULL),
    },
    cwd: { description: 'Where the root starts; the folder of this file by default.', ...PATH },
    user: {
      description: 'A name or a uid that its processes run as.',
      ...anyOf({ type: 'string', pattern: USER.source, maxLength: 256 }, { type: 'integer', minimum: 0 }),
    },
    no_new_privs: {
      description: 'Whether setuid bits, setgid bits and file capabilities count for nothing.',
      type: 'boolean',
      default: true,
    },
    nice: { description: 'Lower is served sooner.', ...whole(NICE.least, NICE.most) },
    rlimits: {
      description: 'Limits of setrlimit(2).',
      ...orNull(object(Object.fromEntries(Object.keys(RESOURCES).map(name => [name, resource()])))),
    },
    abandoned: {
      description: 'What its keeper does when no daemon is there: keep, stop, or how long to wait before.',
      ...anyOf({ enum: ['keep', 'stop'] }, DURATION_TEXT, NULL),
    },
    depends_on: {
      description: 'Services that must be ready before it starts.',
      ...anyOf(TEXT, { type: 'array', items: TEXT }, NULL),
    },
    ready: {
      description: 'When those that wait for it may start: a program exits 0, or a line of its output matches.',
      ...anyOf(
        object({ exec: COMMAND, interval: wait(READY_DEFAULTS.intervalMs), timeout: wait(READY_DEFAULTS.timeoutMs) }, [
          'exec',
        ]),
        object(
          {
            log: { ...TEXT, minLength: 1, maxLength: PATTERN_LENGTH_MAX },
            timeout: wait(READY_DEFAULTS.timeoutMs),
          },
          ['log'],
        ),
        NULL,
      ),
    },
    restart: { description: 'Whether its root is started again when it has ended.', ...restart() },
    logs: { description: 'How much of its output is kept.', ...orNull(object(logProperties())) },
    on: {
      description: 'Programs that are run when something happens.',
      ...orNull(
        object({
          ...Object.fromEntries(HOOK_KINDS.map(kind => [kind, command({ type: 'string' })])),
          timeout: wait(HOOK_TIMEOUT_MS),
        }),
      ),
    },
    spawn: {
      description: 'What its processes may spawn.',
      ...orNull(
        object({
          mode: { description: 'static: no spawns.', enum: [...MODES, null], default: MODES[0] },
          limits: orNull(
            object(Object.fromEntries(Object.values(LIMIT_KEYS).map(key => [key.yaml, limit(key as LimitKey)]))),
          ),
        }),
      ),
    },
  }
}

function command(word: JsonSchema): JsonSchema {
  return anyOf({ ...word, minLength: 1 }, { type: 'array', items: word, minItems: 1 })
}

function logProperties(): Readonly<Record<string, JsonSchema>> {
  return {
    max_size: { description: 'Of one file.', ...SIZE, default: sizeText(LOG_DEFAULTS.maxBytes) },
    files: { ...whole(LOG_FILES.least, LOG_FILES.most), default: LOG_DEFAULTS.files },
  }
}

function restart(): JsonSchema {
  const { firstMs, longestMs, intensity } = RESTART_DEFAULTS
  const policy = { enum: RESTART_POLICIES }
  return {
    ...anyOf(
      policy,
      object(
        {
          policy,
          backoff: orNull(object({ first: wait(firstMs), longest: wait(longestMs) })),
          intensity: {
            description: `The most restarts in any window, 1 to ${INTENSITY_MAX}.`,
            ...anyOf({ const: 'none' }, RATE, NULL),
            ...(intensity === null ? {} : { default: rateText(intensity) }),
          },
        },
        ['policy'],
      ),
      NULL,
    ),
    default: RESTART_DEFAULTS.when,
  }
}

function limit(key: LimitKey): JsonSchema {
  const preset = typeof key.default === 'function' ? {} : { default: limitDefault(key) }
  const lifted = key.liftable ? [{ const: 'none' }] : []
  return { description: key.says, ...anyOf(limitValue(key), ...lifted, NULL), ...preset }
}

function limitValue(key: LimitKey): JsonSchema {
  switch (key.unit) {
    case 'levels':
    case 'count':
      return whole(key.min, key.max)
    case 'bytes':
      return SIZE
    case 'ms':
      return DURATION_TEXT
    case 'rate':
      return RATE
    case 'choice':
      return { enum: key.choices }
    case 'flag':
      return { type: 'boolean' }
  }
}

function limitDefault({ unit, default: preset }: LimitKey): unknown {
  if (preset === null) return 'none'
  if (unit === 'rate') return rateText(preset as { readonly limit: number; readonly windowMs: number })
  return unit === 'ms' ? durationText(preset as number) : preset
}

function resource(): JsonSchema {
  return anyOf(
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^(unlimited|[0-9][^:]*)(:(unlimited|[0-9][^:]*))?$' },
  )
}

function wait(presetMs: number): JsonSchema {
  return { ...anyOf(DURATION_TEXT, NULL), default: durationText(presetMs) }
}

function number(minimum: number, maximum: number): JsonSchema {
  return { type: 'number', minimum, maximum }
}

function object(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema {
  return { type: 'object', properties, additionalProperties: false, ...(required.length === 0 ? {} : { required }) }
}
