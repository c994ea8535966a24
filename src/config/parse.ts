/** The text of a config file to a config that can be trusted, or to every problem it has. */

import { dirname, resolve } from 'node:path'
import type { z } from 'zod'
import { findRing } from '../../protocol/dependencies.js'
import { isName } from '../../protocol/ids.js'
import { LIMIT_NAMES, type LimitLayer } from '../../protocol/limit-layers.js'
import { LIMIT_KEYS, type LimitsInput } from '../../protocol/limits.js'
import { show } from '../../protocol/show.js'
import { suggestion } from '../../protocol/spelling.js'
import { type Finding, type Path, readDocument, type YamlDocument } from './document.js'
import { configShape, unknownKeyProblem } from './schema.js'
import { type Config, ConfigError, type ServiceConfig } from './types.js'

/** Most problems that one error names. */
const PROBLEMS_MAX = 100

const TEXT_KEYS: ReadonlySet<unknown> = new Set(['command', 'env', 'env_file', 'cwd', 'user', 'depends_on', 'ready'])

/** A config with the document that it was read from, which knows the place of each value. */
export interface PlacedConfig {
  readonly config: Config
  readonly document: YamlDocument
}

/**
 * Reads `text`, the content of `file` (a path, absolute or from the working folder; relative `cwd`s start at its folder).
 * @throws {ConfigError} with all problems, in the order of the text.
 */
export function parseConfig(text: string, file: string): Config {
  return parsePlaced(text, file).config
}

/**
 * As `parseConfig`, with where everything stands.
 * @throws {ConfigError} with all problems, in the order of the text.
 */
export function parsePlaced(text: string, file: string): PlacedConfig {
  const document = readDocument(text, isText)
  if (document.value === undefined) throw configError(file, document, document.findings)
  const parsed = configShape.safeParse(document.value)
  const ofShape = parsed.success
    ? [...modeFindings(document, parsed.data), ...dependencyFindings(document, parsed.data)]
    : parsed.error.issues.flatMap(issue => issueFindings(document, issue))
  const findings = withoutEchoes([...document.findings, ...nameFindings(document), ...ofShape])
  if (!parsed.success || findings.length > 0) throw configError(file, document, findings)
  const folder = dirname(resolve(file))
  const place = (name: string): number => document.offsetOf(['services', name])
  const services = Object.entries(parsed.data.services)
    .toSorted(([a], [b]) => place(a) - place(b))
    .map(([name, service]) => {
      const read = toService(name, { ...service, logs: { ...parsed.data.logs, ...service.logs } }, folder)
      return { ...read, limitOrigins: originsOf(document, resolve(file), read) }
    })
  const listen = parsed.data.metrics?.listen
  const config = { file: resolve(file), services, ...(listen == null ? {} : { metrics: listen }) }
  return { config, document }
}

type FileShape = z.output<typeof configShape>

function toService(name: string, service: FileShape['services'][string], folder: string): ServiceConfig {
  const {
    command,
    env,
    env_file = [],
    cwd = '.',
    abandoned,
    depends_on,
    ready,
    restart,
    logs = {},
    on,
    spawn,
    user,
    no_new_privs,
    nice,
    rlimits,
  } = service
  const limits = spawn?.limits ?? {}
  return {
    name,
    command,
    env,
    ...(env_file.length === 0 ? {} : { envFiles: env_file.map(path => resolve(folder, path)) }),
    cwd: resolve(folder, cwd),
    ...(abandoned == null ? {} : { abandoned }),
    ...(depends_on === undefined || depends_on.length === 0 ? {} : { dependsOn: depends_on }),
    ...(ready == null ? {} : { ready }),
    ...(restart == null ? {} : { restart }),
    ...(Object.keys(logs).length === 0 ? {} : { logs }),
    ...(on == null ? {} : { on }),
    limits: spawn?.mode === 'static' ? { ...limits, descendants: 0 } : limits,
    ...(user === undefined ? {} : { user }),
    ...(no_new_privs === undefined ? {} : { noNewPrivileges: no_new_privs }),
    ...(nice === undefined ? {} : { nice }),
    ...(rlimits === undefined ? {} : { resourceLimits: rlimits }),
  }
}

/** The line of each limit; what `mode: static` forbids stands where that is said. */
function originsOf(
  document: YamlDocument,
  file: string,
  { name, limits }: { readonly name: string; readonly limits: LimitsInput },
): LimitLayer['origins'] {
  const spawn = ['services', name, 'spawn']
  const given = LIMIT_NAMES.filter(limit => limits[limit] != null)
  return Object.fromEntries(
    given.map(limit => {
      const key = [...spawn, 'limits', LIMIT_KEYS[limit].yaml]
      const offset = document.hasPath(key) ? document.offsetOf(key) : document.offsetOf([...spawn, 'mode'])
      return [limit, { from: 'file', file, line: document.placeOf(offset).line }]
    }),
  )
}

/** Commands, variables, folders and users are text however they look: `sleep 1.0` is given `1.0`. */
function isText(path: Path): boolean {
  return path[0] === 'services' && TEXT_KEYS.has(path[2])
}

function nameFindings(document: YamlDocument): readonly Finding[] {
  const services = (document.value as { readonly services?: unknown } | null)?.services
  if (typeof services !== 'object' || services === null || Array.isArray(services)) return []
  const names = Object.keys(services)
  // Where the document has findings, a service may have been left out with them.
  if (names.length === 0 && document.findings.length === 0)
    return [finding(document, ['services'], 'there are no services; write services: { name: { command: ... } }')]
  return names
    .filter(name => !isName(name))
    .map(name =>
      finding(document, ['services', name], `${show(name)} cannot name a service; give 1 to 64 of A-Z a-z 0-9 . _ -`),
    )
}

function modeFindings(document: YamlDocument, config: FileShape): readonly Finding[] {
  return Object.entries(config.services).flatMap(([name, { spawn }]) => {
    if (spawn?.mode !== 'static' || !spawn.limits.descendants) return []
    const path = ['services', name, 'spawn', 'limits', 'descendants']
    return [finding(document, path, 'mode static allows no descendants; drop this limit, or use mode dynamic')]
  })
}

function dependencyFindings(document: YamlDocument, { services }: FileShape): readonly Finding[] {
  const names = Object.keys(services)
  const dependencies = new Map(names.map(name => [name, services[name].depends_on ?? []]))
  const unknown = [...dependencies].flatMap(([name, before]) =>
    before
      .filter(one => !dependencies.has(one))
      .map(one => finding(document, dependencyPath(document, name, one), unknownServiceProblem(one, names))),
  )
  const ring = findRing(dependencies)
  if (ring === null) return unknown
  const [first, second] = ring
  const message = `the services wait for each other: ${ring.join(' waits for ')}; drop one of these`
  return [...unknown, finding(document, dependencyPath(document, first, second), message)]
}

/** Where the dependency stands: its item of the list, if it is one. */
function dependencyPath({ value }: YamlDocument, name: string, dependency: string): Path {
  const path = ['services', name, 'depends_on']
  const written = (value as { readonly services: Record<string, { readonly depends_on: unknown }> }).services[name]
    .depends_on
  return Array.isArray(written) ? [...path, written.indexOf(dependency)] : path
}

function unknownServiceProblem(name: string, names: readonly string[]): string {
  return `there is no service ${show(name)}.${suggestion(name, names)} Services are ${names.slice(0, 20).join(', ')}`
}

function issueFindings(document: YamlDocument, issue: z.core.$ZodIssue): readonly Finding[] {
  const path = issue.path.map(step => (typeof step === 'number' ? step : String(step)))
  if (issue.code !== 'unrecognized_keys') return [finding(document, path, issue.message)]
  return issue.keys.map(key => finding(document, [...path, key], unknownKeyProblem(key, path.length)))
}

/** A value that the document could not give is null to the shape, which complains once more: the first complaint says it best. */
function withoutEchoes(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>()
  return findings.filter(({ offset, path }) => {
    const key = JSON.stringify([offset, path])
    return !seen.has(key) && seen.add(key)
  })
}

function finding(document: YamlDocument, path: Path, message: string): Finding {
  return { path, message, offset: document.offsetOf(path) }
}

/** The error of these findings, in the order of the text. `file` is named as its reader gave it. */
export function configError(file: string, document: YamlDocument, findings: readonly Finding[]): ConfigError {
  const sorted = findings.toSorted((a, b) => a.offset - b.offset)
  const problems = sorted.slice(0, PROBLEMS_MAX).map(({ offset, path, message }) => ({
    file,
    ...document.placeOf(offset),
    key: keyText(path),
    message,
  }))
  const unnamed = sorted.length - problems.length
  if (unnamed > 0) problems.push({ file, line: 0, column: 0, key: '', message: `and ${unnamed} more problems` })
  return new ConfigError(problems)
}

/** `services.web.command[1]`; a step too long to read is cut. */
function keyText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    const shown = step.length <= 64 ? step : `${step.slice(0, 64)}...`
    return text === '' ? shown : `${text}.${shown}`
  }, '')
}
