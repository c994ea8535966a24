/** Limits as somebody gave them, in either spelling, to limits that can be trusted. Every problem is named, all at once. */

import { EspalierError } from './failures.js'
import { LIMIT_KEYS, type LimitKey, type Limits, type LimitsInput } from './limits.js'
import { accept, type Parsed, reject } from './parsed.js'
import { show } from './show.js'
import { suggestion } from './spelling.js'
import { isWholeWithin, readBytes, readDuration, readRate } from './units.js'

/** Most problems that one answer names; past them reading stops. */
const PROBLEMS_MAX = 20

/** `typescript`: `totalMemory`, durations are numbers of ms. `yaml`: `total_memory`, durations and rates are text. */
type Spelling = 'typescript' | 'yaml'

/** One thing wrong with the limits: the keys that lead to it (none for the whole), and the sentence. */
export interface LimitProblem {
  readonly path: readonly string[]
  readonly message: string
}

/** The last problem of an answer that stopped. */
const UNREAD: LimitProblem = { path: [], message: 'there are more problems; mend these first' }

const NAMES = Object.keys(LIMIT_KEYS) as readonly (keyof Limits)[]

/**
 * Effective limits from limits in the TypeScript spelling; absent or null, the whole or a key, is the default.
 * @throws {EspalierError} `invalid_input` that names every key, value and rule that is wrong.
 */
export function parseLimits(input: unknown): Limits {
  const { given, problems } = readMapping(input, 'typescript')
  if (problems.length > 0) throw new EspalierError('invalid_input', sentence(problems))
  const descendants = (given.descendants as number | undefined) ?? (LIMIT_KEYS.descendants.default as number)
  const entries = NAMES.map(name => {
    const value = given[name]
    if (value === 'none') return [name, null]
    if (value !== undefined) return [name, value]
    const preset = LIMIT_KEYS[name].default
    return [name, typeof preset === 'function' ? preset({ descendants }) : preset]
  })
  return Object.fromEntries(entries) as Limits
}

/**
 * Limits in the spelling of the config file: `grace: 5s`, `rate: 10/1s`, `total_memory: 512M`. Answers what was understood, only
 * the keys that were given, in the TypeScript spelling with plain numbers, so that others may be laid over it; and what was not.
 */
export function parseLimitsYaml(mapping: unknown): {
  readonly limits: LimitsInput
  readonly problems: readonly LimitProblem[]
} {
  const { given, problems } = readMapping(mapping, 'yaml')
  return { limits: given as LimitsInput, problems }
}

function readMapping(
  input: unknown,
  spelling: Spelling,
): { readonly given: Readonly<Partial<Record<keyof Limits, unknown>>>; readonly problems: readonly LimitProblem[] } {
  if (input === undefined || input === null) return { given: {}, problems: [] }
  if (!isPlainObject(input)) {
    const message = `${show(input)} is not a set of limits; give an object such as { children: 10 }, or leave it out`
    return { given: {}, problems: [{ path: [], message }] }
  }
  const names = new Map(NAMES.map(name => [spelt(name, spelling), name]))
  const given: Partial<Record<keyof Limits, unknown>> = {}
  const problems: LimitProblem[] = []
  for (const [key, value] of Object.entries(input)) {
    const name = names.get(key)
    if (name === undefined) {
      problems.push({ path: [key], message: unknownKey(key, spelling) })
    } else if (value !== undefined && value !== null) {
      const parsed = readLimit(LIMIT_KEYS[name], value, spelling)
      if (parsed.ok) given[name] = parsed.value
      else problems.push({ path: [key], message: parsed.problem })
    }
    if (problems.length > PROBLEMS_MAX) return { given, problems: [...problems.slice(0, -1), UNREAD] }
  }
  return { given, problems }
}

/** Own keys are all that is read, so an object that inherits its keys would silently be the defaults: it is refused. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return true
  // The Object of another realm (a vm context).
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty')
}

function unknownKey(key: string, spelling: Spelling): string {
  const known = NAMES.map(name => spelt(name, spelling))
  const meant = NAMES.find(name => name === key || LIMIT_KEYS[name].yaml === key)
  const hint = meant === undefined ? suggestion(key, known) : ` Here it is spelt ${spelt(meant, spelling)}.`
  return `${show(key)} is not a limit.${hint === '' ? ` Limits are ${known.join(', ')}` : hint}`
}

function spelt(name: keyof Limits, spelling: Spelling): string {
  return spelling === 'yaml' ? LIMIT_KEYS[name].yaml : name
}

function readLimit(key: LimitKey, value: unknown, spelling: Spelling): Parsed<unknown> {
  if (key.liftable && value === 'none') return accept('none')
  const parsed = readValue(key, value, spelling)
  return parsed.ok || !key.liftable ? parsed : reject(`${parsed.problem}, or 'none' to lift it`)
}

function readValue(key: LimitKey, value: unknown, spelling: Spelling): Parsed<unknown> {
  switch (key.unit) {
    case 'levels':
    case 'count':
      if (isWholeWithin(value, key.min, key.max)) return accept(value + 0)
      return reject(`${show(value)} is not allowed; give a whole number from ${key.min} to ${key.max}`)
    case 'bytes':
      return readBytes(value)
    case 'ms':
      return spelling === 'yaml' ? readWait(value, key.min, key.max) : readMs(value, key.min, key.max)
    case 'rate':
      if (spelling === 'typescript' || typeof value === 'string') return readRate(value)
      return reject(`${show(value)} is not a rate; give text such as 10/1s`)
    case 'choice':
      if (typeof value === 'string' && key.choices.includes(value)) return accept(value)
      return reject(notAChoice(value, key.choices))
    case 'flag':
      if (typeof value === 'boolean') return accept(value)
      return reject(`${show(value)} is not allowed; give true or false`)
  }
}

function notAChoice(value: unknown, choices: readonly string[]): string {
  const hint = typeof value === 'string' ? suggestion(value, choices) : ''
  return `${show(value)} is not allowed.${hint} Give one of ${choices.join(', ')}`
}

function readMs(value: unknown, min: number, max: number): Parsed<number> {
  if (isWholeWithin(value, min, max)) return accept(value + 0)
  return reject(`${show(value)} is not allowed; give a whole number of milliseconds from ${min} to ${max}`)
}

function readWait(value: unknown, min: number, max: number): Parsed<number> {
  const parsed = readDuration(value)
  if (!parsed.ok || isWholeWithin(parsed.value, min, max)) return parsed
  return reject(`${show(value)} is out of range; give a duration from ${min}ms to ${max / 86_400_000}d`)
}

function sentence(problems: readonly LimitProblem[]): string {
  const lines = problems.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.').slice(0, 64)}: ${message}`,
  )
  return lines.length === 1 ? `limits: ${lines[0]}` : `limits: ${lines.length} problems\n  ${lines.join('\n  ')}`
}
