/** The keys `depends_on` and `ready`: for whom a service waits, and when those that wait for it may start. */

import { formatDuration } from '../../protocol/format.js'
import { show } from '../../protocol/show.js'
import { readDuration } from '../../protocol/units.js'
import { type Complain, complainOfUnknownKeys, isMapping, readCommand } from './fields.js'
import type { ReadyProbe } from './types.js'

/** Where nothing is said, in ms. */
export const READY_DEFAULTS = { intervalMs: 1000, timeoutMs: 60_000 } as const

const INTERVAL = { key: 'interval', presetMs: READY_DEFAULTS.intervalMs, minMs: 50, maxMs: 3_600_000 } as const
const TIMEOUT = { key: 'timeout', presetMs: READY_DEFAULTS.timeoutMs, minMs: 100, maxMs: 86_400_000 } as const

/** Longest pattern, in characters. */
export const PATTERN_LENGTH_MAX = 1024

const ACCEPTED = '{ exec: [program, argument], interval: 1s, timeout: 60s } or { log: PATTERN, timeout: 60s }'

/** Names of services, one or a list; none for nothing. Whether there are such services is for who knows all of them. */
export function readDependsOn(value: unknown, complain: Complain): readonly string[] {
  if (value === undefined || value === null) return []
  const names = typeof value === 'string' ? [value] : value
  if (!Array.isArray(names)) {
    complain([], `${show(value)} names no services; give a list of their names, such as [db, cache]`)
    return []
  }
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string') complain([index], `${show(name)} is not the name of a service`)
  }
  return [...new Set(names as readonly string[])]
}

/** A probe; null for none. What it answers once it has complained is of no use. */
export function readReady(value: unknown, complain: Complain): ReadyProbe | null {
  if (value === undefined || value === null) return null
  if (!isMapping(value)) {
    complain([], `${show(value)} says not when it is ready; give ${ACCEPTED}`)
    return null
  }
  complainOfUnknownKeys(value, ['exec', 'log', 'interval', 'timeout'], [], complain)
  const { exec, log } = value
  const timeoutMs = readTime(value.timeout, TIMEOUT, complain)
  if ((exec == null) === (log == null)) {
    complain([], `exec or log says when it is ready, one of them; give ${ACCEPTED}`)
    return null
  }
  if (log != null) {
    if (value.interval != null) complain(['interval'], 'a log is read as it comes; drop the interval')
    return { kind: 'log', pattern: readPattern(log, complain), timeoutMs }
  }
  const command = readCommand(exec, (path, message) => complain(['exec', ...path], message))
  return { kind: 'exec', command, intervalMs: readTime(value.interval, INTERVAL, complain), timeoutMs }
}

function readPattern(value: unknown, complain: Complain): string {
  if (typeof value !== 'string' || value === '' || value.length > PATTERN_LENGTH_MAX) {
    complain(
      ['log'],
      `${show(value)} is no pattern; give a regular expression of 1 to ${PATTERN_LENGTH_MAX} characters`,
    )
    return ''
  }
  try {
    return new RegExp(value, 'u').source
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    complain(['log'], `${show(value)} is no regular expression: ${error.message}`)
    return ''
  }
}

function readTime(
  value: unknown,
  { key, presetMs, minMs, maxMs }: { key: string; presetMs: number; minMs: number; maxMs: number },
  complain: Complain,
): number {
  if (value === undefined || value === null) return presetMs
  const parsed = readDuration(value)
  if (parsed.ok && parsed.value >= minMs && parsed.value <= maxMs) return parsed.value
  const bounds = `${formatDuration(minMs)} to ${formatDuration(maxMs)}`
  complain([key], parsed.ok ? `${show(value)} is out of bounds; give ${bounds}` : parsed.problem)
  return presetMs
}
