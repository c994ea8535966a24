/** The key `restart`: when the root of a service is started again. */

import { formatDuration } from '../../protocol/format.js'
import {
  INTENSITY_MAX,
  PAUSE_MS,
  RESTART_DEFAULTS,
  RESTART_POLICIES,
  type RestartPolicy,
} from '../../protocol/restarts.js'
import { show } from '../../protocol/show.js'
import { suggestion } from '../../protocol/spelling.js'
import { readDuration, readRate } from '../../protocol/units.js'
import { type Complain, complainOfUnknownKeys, isMapping } from './fields.js'

const ACCEPTED =
  'never, on-failure, always, or { policy: always, backoff: { first: 200ms, longest: 30s }, intensity: 5/1m }'

/** A policy alone, or with its pauses and its intensity; null for none. What it answers once it has complained is of no use. */
export function readRestart(value: unknown, complain: Complain): RestartPolicy | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'object') return { ...RESTART_DEFAULTS, when: readPolicy(value, [], complain) }
  if (!isMapping(value)) {
    complain([], `${show(value)} is not a restart policy; give ${ACCEPTED}`)
    return null
  }
  complainOfUnknownKeys(value, ['policy', 'backoff', 'intensity'], [], complain)
  if (value.policy == null) complain([], `there is no policy; give ${ACCEPTED}`)
  const when = value.policy == null ? 'never' : readPolicy(value.policy, ['policy'], complain)
  return { when, ...readBackoff(value.backoff, complain), intensity: readIntensity(value.intensity, complain) }
}

function readPolicy(value: unknown, path: readonly string[], complain: Complain): RestartPolicy['when'] {
  const found = RESTART_POLICIES.find(policy => policy === value)
  if (found !== undefined) return found
  const hint = typeof value === 'string' ? suggestion(value, RESTART_POLICIES) : ''
  complain(path, `${show(value)} is not a restart policy.${hint} Policies are ${RESTART_POLICIES.join(', ')}`)
  return 'never'
}

function readBackoff(value: unknown, complain: Complain): Pick<RestartPolicy, 'firstMs' | 'longestMs'> {
  const { firstMs, longestMs } = RESTART_DEFAULTS
  if (value === undefined || value === null) return { firstMs, longestMs }
  if (!isMapping(value)) {
    complain(['backoff'], `${show(value)} is not a backoff; give { first: 200ms, longest: 30s }`)
    return { firstMs, longestMs }
  }
  complainOfUnknownKeys(value, ['first', 'longest'], ['backoff'], complain)
  const first = readPause(value.first, ['backoff', 'first'], complain)
  const longest = readPause(value.longest, ['backoff', 'longest'], complain)
  if (first !== null && longest !== null && first > longest) {
    complain(['backoff', 'first'], 'the first pause is longer than the longest one; swap them, or leave one out')
  }
  // One that is given alone takes the other along where they would contradict each other.
  return {
    firstMs: first ?? Math.min(firstMs, longest ?? firstMs),
    longestMs: longest ?? Math.max(longestMs, first ?? longestMs),
  }
}

function readPause(value: unknown, path: readonly string[], complain: Complain): number | null {
  if (value === undefined || value === null) return null
  const parsed = readDuration(value)
  if (parsed.ok && parsed.value >= PAUSE_MS.min && parsed.value <= PAUSE_MS.max) return parsed.value
  const bounds = `${formatDuration(PAUSE_MS.min)} to ${formatDuration(PAUSE_MS.max)}`
  complain(path, parsed.ok ? `${show(value)} is out of bounds; give ${bounds}` : parsed.problem)
  return null
}

function readIntensity(value: unknown, complain: Complain): RestartPolicy['intensity'] {
  if (value === undefined || value === null) return RESTART_DEFAULTS.intensity
  if (value === 'none') return null
  const parsed = typeof value === 'string' ? readRate(value) : null
  if (parsed?.ok && parsed.value.limit >= 1 && parsed.value.limit <= INTENSITY_MAX) return parsed.value
  const rule = `give 1 to ${INTENSITY_MAX} restarts in a window of 100ms to 1h, such as 5/1m, or none`
  complain(['intensity'], `${show(value)} is not an intensity; ${rule}`)
  return null
}
