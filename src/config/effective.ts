/** What a config comes to: every key of it with its value, the defaults filled in, and where each comes from. */

import { LIMIT_NAMES, layLimits } from '../../protocol/limit-layers.js'
import { durationText, limitText, rateText, sizeText } from '../../protocol/limit-text.js'
import { LIMIT_KEYS } from '../../protocol/limits.js'
import { RESTART_DEFAULTS } from '../../protocol/restarts.js'
import { showMetricsAddress } from '../metrics/address.js'
import { HIDDEN, redactVariable, redactWords } from '../terminal/redact.js'
import type { Path, YamlDocument } from './document.js'
import type { LoadedConfig } from './load.js'
import { readLogs } from './logs.js'
import { RESOURCES } from './rights.js'
import { HOOK_KINDS, HOOK_TIMEOUT_MS, LOG_DEFAULTS, type LogBounds, type ServiceConfig } from './types.js'

/** `file` is absolute, `line` counts from 1. */
export type ValueOrigin =
  | { readonly from: 'default' }
  | { readonly from: 'file'; readonly file: string; readonly line: number }
  | { readonly from: 'env_file'; readonly file: string }

/** A value in the spelling of the file, nothing with the words for it, or values by their keys. */
export type Effective =
  | {
      readonly kind: 'value'
      readonly value: string | number | boolean | readonly string[]
      readonly origin: ValueOrigin
    }
  | { readonly kind: 'unset'; readonly says: string }
  | { readonly kind: 'mapping'; readonly entries: readonly Entry[] }

/** A key and what it comes to. */
export type Entry = readonly [key: string, value: Effective]

type Plain = Extract<Effective, { readonly kind: 'value' }>['value']

/** The whole config. Secrets are hidden: by the names of options and variables, and all that came out of an `env_file`. */
export function effectiveConfig({ config, document, variableFiles }: LoadedConfig): Effective {
  const places = new Places(document, config.file ?? '')
  const ofAll = readLogs(valueAt(document, ['logs']), () => undefined, true)
  const services = config.services.map((service): Entry => {
    const files = variableFiles.get(service.name) ?? new Map<string, string>()
    return [service.name, mapping(serviceEntries(places.below('services', service.name), service, files))]
  })
  const { metrics } = config
  return mapping([
    ['version', places.value(1, 'version')],
    ['services', mapping(services)],
    [
      'metrics',
      metrics === undefined
        ? unset('served nowhere')
        : mapping([['listen', places.value(showMetricsAddress(metrics), 'metrics', 'listen')]]),
    ],
    ['logs', mapping([...logEntries(places.below('logs'), ofAll), totalEntry(places, ofAll)])],
  ])
}

function serviceEntries(
  places: Places,
  service: ServiceConfig,
  variableFiles: ReadonlyMap<string, string>,
): readonly Entry[] {
  const { command, cwd, abandoned, dependsOn = [], user, noNewPrivileges = true, nice, resourceLimits = [] } = service
  const resources = Object.entries(RESOURCES)
  return [
    ['command', places.value(redactWords(command), 'command')],
    ['env', mapping(Object.entries(service.env).map(variable => variableEntry(places, variable, variableFiles)))],
    ['env_file', places.value(service.envFiles ?? [], 'env_file')],
    ['cwd', places.value(cwd, 'cwd')],
    ['user', user === undefined ? unset('as espalier itself') : places.value(user, 'user')],
    ['no_new_privs', places.value(noNewPrivileges, 'no_new_privs')],
    ['nice', nice === undefined ? unset('as espalier itself') : places.value(nice, 'nice')],
    [
      'rlimits',
      mapping(
        resourceLimits.map(({ resource, soft, hard }): Entry => {
          const name = resources.find(([, number]) => number === resource)?.[0] ?? String(resource)
          return [name, places.value(resourceText(soft, hard), 'rlimits', name)]
        }),
      ),
    ],
    [
      'abandoned',
      abandoned === undefined
        ? unset('stop under run, keep under up')
        : places.value(abandoned.keep ? 'keep' : durationText(abandoned.afterMs), 'abandoned'),
    ],
    ['depends_on', places.value(dependsOn, 'depends_on')],
    ['ready', readyEntries(places.below('ready'), service.ready)],
    ['restart', mapping(restartEntries(places, service))],
    ['logs', mapping(logEntries(places.below('logs'), service.logs ?? {}, places.above('logs')))],
    ['on', mapping(hookEntries(places.below('on'), service.on))],
    ['spawn', mapping(spawnEntries(places.below('spawn'), service))],
  ]
}

function variableEntry(
  places: Places,
  [name, text]: readonly [string, string],
  files: ReadonlyMap<string, string>,
): Entry {
  const file = files.get(name)
  if (file !== undefined) return [name, { kind: 'value', value: HIDDEN, origin: { from: 'env_file', file } }]
  const key = places.has('env', name) ? ['env', name] : ['env', 'vars', name]
  return [name, places.value(redactVariable(name, text), ...key)]
}

function readyEntries(places: Places, ready: ServiceConfig['ready']): Effective {
  if (ready === undefined) return unset('ready once it was started')
  const timeout: Entry = ['timeout', places.value(durationText(ready.timeoutMs), 'timeout')]
  if (ready.kind === 'log') return mapping([['log', places.value(ready.pattern, 'log')], timeout])
  return mapping([
    ['exec', places.value(redactWords(ready.command), 'exec')],
    ['interval', places.value(durationText(ready.intervalMs), 'interval')],
    timeout,
  ])
}

function restartEntries(places: Places, { restart = RESTART_DEFAULTS }: ServiceConfig): readonly Entry[] {
  const { when, firstMs, longestMs, intensity } = restart
  const pause = (key: 'first' | 'longest', ms: number, preset: number, other: string): Entry => {
    // One that is given alone may have taken the other along: then that is where it comes from.
    const from = ms !== preset && !places.has('restart', 'backoff', key) ? other : key
    return [key, places.value(durationText(ms), 'restart', 'backoff', from)]
  }
  return [
    [
      'policy',
      places.has('restart', 'policy') ? places.value(when, 'restart', 'policy') : places.value(when, 'restart'),
    ],
    [
      'backoff',
      mapping([
        pause('first', firstMs, RESTART_DEFAULTS.firstMs, 'longest'),
        pause('longest', longestMs, RESTART_DEFAULTS.longestMs, 'first'),
      ]),
    ],
    ['intensity', places.value(intensity === null ? 'none' : rateText(intensity), 'restart', 'intensity')],
  ]
}

/** What the service does not say is as `ofAll` has it. */
function logEntries(places: Places, bounds: LogBounds, ofAll: Places = places): readonly Entry[] {
  const { maxBytes, files } = { ...LOG_DEFAULTS, ...bounds }
  const whose = (key: string): Places => (places.has(key) ? places : ofAll)
  return [
    ['max_size', whose('max_size').value(sizeText(maxBytes), 'max_size')],
    ['files', whose('files').value(files, 'files')],
  ]
}

function totalEntry(places: Places, { totalBytes = LOG_DEFAULTS.totalBytes }: LogBounds): Entry {
  return ['total', places.value(sizeText(totalBytes), 'logs', 'total')]
}

function hookEntries(places: Places, hooks: ServiceConfig['on']): readonly Entry[] {
  const { commands, timeoutMs } = hooks ?? {
    commands: new Map<string, readonly string[]>(),
    timeoutMs: HOOK_TIMEOUT_MS,
  }
  return [
    ...HOOK_KINDS.flatMap((kind): readonly Entry[] => {
      const command = commands.get(kind)
      return command === undefined ? [] : [[kind, places.value(redactWords(command), kind)]]
    }),
    ['timeout', places.value(durationText(timeoutMs), 'timeout')],
  ]
}

function spawnEntries(places: Places, { limits, limitOrigins = {} }: ServiceConfig): readonly Entry[] {
  const laid = layLimits([{ limits, origins: limitOrigins }])
  const entries = LIMIT_NAMES.map((name): Entry => {
    const value = laid.limits[name]
    const { unit, yaml } = LIMIT_KEYS[name]
    const isPlain = value !== null && (unit === 'count' || unit === 'levels' || unit === 'flag')
    const origin = laid.origins[name]
    const shown = isPlain ? (value as number | boolean) : limitText(name, value)
    return [yaml, { kind: 'value', value: shown, origin: origin.from === 'file' ? origin : { from: 'default' } }]
  })
  return [
    ['mode', places.value(places.given('mode') === 'static' ? 'static' : 'dynamic', 'mode')],
    ['limits', mapping(entries)],
  ]
}

function resourceText(soft: number, hard: number): string | number {
  const text = (bound: number): string => (bound === Number.POSITIVE_INFINITY ? 'unlimited' : String(bound))
  if (soft !== hard) return `${text(soft)}:${text(hard)}`
  return soft === Number.POSITIVE_INFINITY ? 'unlimited' : soft
}

/** Values of a document below a path, with the lines that they stand in. */
class Places {
  readonly #document: YamlDocument
  readonly #file: string
  readonly #path: Path

  constructor(document: YamlDocument, file: string, path: Path = []) {
    this.#document = document
    this.#file = file
    this.#path = path
  }

  below(...keys: readonly string[]): Places {
    return new Places(this.#document, this.#file, [...this.#path, ...keys])
  }

  /** From the top of the file. */
  above(...keys: readonly string[]): Places {
    return new Places(this.#document, this.#file, keys)
  }

  given(...keys: readonly string[]): unknown {
    return valueAt(this.#document, [...this.#path, ...keys])
  }

  /** Whether something is given there; null is nothing. */
  has(...keys: readonly string[]): boolean {
    return this.given(...keys) != null
  }

  /** A value that stands at those keys, or else is a default. */
  value(value: Plain, ...keys: readonly string[]): Effective {
    if (!this.has(...keys)) return { kind: 'value', value, origin: { from: 'default' } }
    const { line } = this.#document.placeOf(this.#document.offsetOf([...this.#path, ...keys]))
    return { kind: 'value', value, origin: { from: 'file', file: this.#file, line } }
  }
}

function valueAt({ value }: YamlDocument, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => {
    const isThere = typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
    return isThere ? (inner as Readonly<Record<string | number, unknown>>)[key] : undefined
  }, value)
}

function mapping(entries: readonly Entry[]): Effective {
  return { kind: 'mapping', entries }
}

function unset(says: string): Effective {
  return { kind: 'unset', says }
}
