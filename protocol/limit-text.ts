/** Limits as one text each, in the spelling of the config file: written without loss, and read back strictly. */

import type { LimitName } from './limit-layers.js'
import { parseLimitsYaml } from './limit-parse.js'
import { LIMIT_KEYS, type Limits, type LimitsInput, type Rate } from './limits.js'

const SIZES = [
  ['T', 1024 ** 4],
  ['G', 1024 ** 3],
  ['M', 1024 ** 2],
  ['K', 1024],
] as const

const DURATIONS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** The value of a limit as a config file has it: `512M`, `10/1s`, `none`; in the largest unit that it fills without a rest. */
export function limitText<N extends LimitName>(name: N, value: Limits[N]): string {
  if (value === null) return 'none'
  if (typeof value === 'object') return rateText(value)
  const { unit } = LIMIT_KEYS[name]
  if (typeof value !== 'number') return String(value)
  if (unit === 'bytes') return sizeText(value)
  return unit === 'ms' ? durationText(value) : String(value)
}

/** Bytes without loss: `512M`, `1000`. */
export function sizeText(bytes: number): string {
  return inUnit(bytes, SIZES, '')
}

/** Whole ms without loss: `90s`, `1500ms`. */
export function durationText(ms: number): string {
  return inUnit(ms, DURATIONS, 'ms')
}

/** A rate without loss: `10/1s`. */
export function rateText({ limit, windowMs }: Rate): string {
  return `${limit}/${durationText(windowMs)}`
}

/** Texts by their keys as in a config file (`total_memory` and `512M`), as limits; or every problem, each as `key: sentence`. */
export function readLimitTexts(texts: ReadonlyMap<string, string>): {
  readonly limits: LimitsInput
  readonly problems: readonly string[]
} {
  const mapping = Object.fromEntries([...texts].map(([key, text]) => [key, scalar(key, text)]))
  const { limits, problems } = parseLimitsYaml(mapping)
  return {
    limits,
    problems: problems.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)),
  }
}

/** What YAML would make of the text, where the key wants a number or a flag. */
function scalar(key: string, text: string): unknown {
  const unit = Object.values(LIMIT_KEYS).find(({ yaml }) => yaml === key)?.unit
  if ((unit === 'count' || unit === 'levels') && /^-?\d{1,16}$/.test(text)) return Number(text)
  if (unit === 'flag' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

function inUnit(value: number, units: readonly (readonly [string, number])[], rest: string): string {
  const [unit, factor] = units.find(([, factor]) => value >= factor && value % factor === 0) ?? [rest, 1]
  return `${value / factor}${unit}`
}
