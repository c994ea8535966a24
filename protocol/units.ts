/** Sizes, durations and rates as people write them. Whatever is not understood is an error, never "unlimited". */

import { readQuantity, scale } from './decimal.js'
import { COUNT_MAX, type Rate, WINDOW_MAX_MS, WINDOW_MIN_MS } from './limits.js'
import { accept, type Parsed, reject, valueOrThrow } from './parsed.js'
import { show } from './show.js'

/** Powers of 1024, by first letter. */
const SIZE_FACTORS = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 } as const

/** Milliseconds of each unit that a duration may have. */
const DURATION_FACTORS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const SIZE_ACCEPTED = 'give bytes up to 2^53 - 1, or a number with K, M, G or T, such as 512M, 2GB, 1.5GiB or 1_000_000'
const DURATION_ACCEPTED = 'give a number with ms, s, m, h or d, such as 500ms, 5s, 1.5h or 30d'
const RATE_ACCEPTED = 'give text such as 10/1s, or an object { limit: 10, windowMs: 1000 }'

/**
 * A size in bytes, 0 to 2^53 - 1. Text is a number with K, M, G or T in any case, `B` or `iB` behind it at will: powers of
 * 1024. A part of a byte is dropped (`1.1G`), but not to nothing. `where` names the key or option.
 * @throws {EspalierError} `invalid_input`
 */
export function parseBytes(value: unknown, where: string): number {
  return valueOrThrow(readBytes(value), where)
}

/**
 * A duration in whole ms, 0 to 2^53 - 1, from text with a unit: `500ms`, `5s`, `1.5h`. Units are lower case.
 * @throws {EspalierError} `invalid_input`
 */
export function parseDuration(value: unknown, where: string): number {
  return valueOrThrow(readDuration(value), where)
}

/**
 * A rate from `'10/1s'` or `{ limit, windowMs }`: 0 to 4,000,000 grants in any window of 100 ms to 1 h.
 * @throws {EspalierError} `invalid_input`
 */
export function parseRate(value: unknown, where: string): Rate {
  return valueOrThrow(readRate(value), where)
}

/** `parseBytes` that answers the problem instead of throwing it. */
export function readBytes(value: unknown): Parsed<number> {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && value >= 0) return accept(value + 0)
    return reject(`${show(value)} is not a size in bytes; ${SIZE_ACCEPTED}`)
  }
  const quantity = typeof value === 'string' ? readQuantity(value) : null
  const unit = quantity === null ? null : /^(?:b|([kmgt])(?:i?b)?)?$/.exec(quantity.unit.toLowerCase())
  if (quantity === null || unit === null) return reject(`${show(value)} is not a size; ${SIZE_ACCEPTED}`)
  const factor = SIZE_FACTORS[(unit[1] ?? '') as keyof typeof SIZE_FACTORS]
  const bytes = scale(quantity, factor)
  if (bytes === null) return reject(`${show(value)} is more than 2^53 - 1 bytes; ${SIZE_ACCEPTED}`)
  if (!bytes.exact && (factor === 1 || bytes.value === 0)) {
    return reject(`${show(value)} is a part of a byte; ${SIZE_ACCEPTED}`)
  }
  return accept(bytes.value)
}

/** `parseDuration` that answers the problem instead of throwing it. */
export function readDuration(value: unknown): Parsed<number> {
  const quantity = typeof value === 'string' ? readQuantity(value) : null
  if (quantity === null || !Object.hasOwn(DURATION_FACTORS, quantity.unit)) {
    return reject(`${show(value)} is not a duration; ${DURATION_ACCEPTED}`)
  }
  const ms = scale(quantity, DURATION_FACTORS[quantity.unit as keyof typeof DURATION_FACTORS])
  if (ms === null) return reject(`${show(value)} is more than 2^53 - 1 ms; ${DURATION_ACCEPTED}`)
  if (!ms.exact) return reject(`${show(value)} is not a whole number of milliseconds; ${DURATION_ACCEPTED}`)
  return accept(ms.value)
}

/** `parseRate` that answers the problem instead of throwing it. */
export function readRate(value: unknown): Parsed<Rate> {
  if (typeof value === 'string') return readRateText(value)
  if (typeof value !== 'object' || value === null) return reject(`${show(value)} is not a rate; ${RATE_ACCEPTED}`)
  const extra = Object.keys(value).find(key => key !== 'limit' && key !== 'windowMs')
  if (extra !== undefined) return reject(`a rate has no key ${show(extra)}; ${RATE_ACCEPTED}`)
  const { limit, windowMs } = value as { readonly limit?: unknown; readonly windowMs?: unknown }
  return checkRate(limit, windowMs)
}

function readRateText(text: string): Parsed<Rate> {
  const slash = text.indexOf('/')
  const limit = readQuantity(text.slice(0, Math.max(slash, 0)))
  if (slash < 0 || limit === null || limit.unit !== '' || limit.decimals > 0) {
    return reject(`${show(text)} is not a rate; ${RATE_ACCEPTED}`)
  }
  const window = readDuration(text.slice(slash + 1))
  return window.ok ? checkRate(Number(limit.digits), window.value) : reject(`the window ${window.problem}`)
}

function checkRate(limit: unknown, windowMs: unknown): Parsed<Rate> {
  if (!isWholeWithin(limit, 0, COUNT_MAX)) {
    return reject(`${show(limit)} is not a count of grants; give a whole number from 0 to ${COUNT_MAX}`)
  }
  if (!isWholeWithin(windowMs, WINDOW_MIN_MS, WINDOW_MAX_MS)) {
    return reject(`${show(windowMs)} ms is not a window; give 100 ms to 1 h (${WINDOW_MAX_MS} ms)`)
  }
  return accept({ limit: limit + 0, windowMs })
}

/** True for an integer within the two bounds, which are allowed themselves. */
export function isWholeWithin(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}
