/** Where each effective limit comes from: a file, a command and an API laid over the defaults, and what a change of them changes. */

import { parseLimits } from './limit-parse.js'
import { LIMIT_KEYS, type Limits, type LimitsInput } from './limits.js'

/** Name of a limit in TypeScript. */
export type LimitName = keyof Limits

/** Every limit, in the order of the one list. */
export const LIMIT_NAMES = Object.keys(LIMIT_KEYS) as readonly LimitName[]

/** Who gave a limit its value. `atMs` is Unix ms; null where nobody remembers. */
export type LimitOrigin =
  | { readonly from: 'default' }
  /** `file` is absolute, `line` counts from 1. */
  | { readonly from: 'file'; readonly file: string; readonly line: number }
  /** `command` is what was typed, without its values: `espalier limits set`, `--children`. */
  | { readonly from: 'command'; readonly command: string; readonly atMs: number | null }
  | { readonly from: 'api'; readonly atMs: number | null }

export type LimitOrigins = Readonly<Record<LimitName, LimitOrigin>>

/** Limits that somebody gave, and where; a key without a place has that of the layer. */
export interface LimitLayer {
  readonly limits: LimitsInput
  readonly origins: Readonly<Partial<Record<LimitName, LimitOrigin>>>
}

/** Effective limits, and where each comes from. */
export interface LaidLimits {
  readonly limits: Limits
  readonly origins: LimitOrigins
  /** All that was given, the later layer over the earlier: what a tree is registered with. */
  readonly given: LimitsInput
}

/** One limit that has another value than before. Null is none. */
export interface LimitChange {
  readonly name: LimitName
  readonly before: Limits[LimitName]
  readonly after: Limits[LimitName]
}

const DEFAULT: LimitOrigin = { from: 'default' }
const API: LimitOrigin = { from: 'api', atMs: null }

/**
 * Lays layers over the defaults, the last one on top; absent or null in a layer is what lies below it.
 * @throws {EspalierError} `invalid_input` when together they are no limits
 */
export function layLimits(layers: readonly LimitLayer[]): LaidLimits {
  const given: Partial<Record<LimitName, unknown>> = {}
  const origins: Record<string, LimitOrigin> = Object.fromEntries(LIMIT_NAMES.map(name => [name, DEFAULT]))
  for (const layer of layers) {
    for (const name of LIMIT_NAMES) {
      if (layer.limits[name] == null) continue
      given[name] = layer.limits[name]
      origins[name] = layer.origins[name] ?? API
    }
  }
  return { limits: parseLimits(given), origins: origins as LimitOrigins, given: given as LimitsInput }
}

/** What differs between two sets of limits, in the order of the one list. */
export function limitChanges(before: Limits, after: Limits): readonly LimitChange[] {
  return LIMIT_NAMES.filter(name => !isSame(before[name], after[name])).map(name => {
    return { name, before: before[name], after: after[name] }
  })
}

/** A rate is the same when its two numbers are. */
function isSame(a: Limits[LimitName], b: Limits[LimitName]): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b
  return a.limit === b.limit && a.windowMs === b.windowMs
}
