/** A refusal as a person needs it: which limit, the figures, when to try again, what would help. */

import { formatBytes, formatDuration } from '../../protocol/format.js'
import { LIMIT_KEYS, type Limits } from '../../protocol/limits.js'
import type { Refusal, RefusalCode } from '../../protocol/refusals.js'
import type { Ancestor } from '../../protocol/wire/past.js'
import { clockText, whoText } from './end-words.js'

/** What is known of a refusal: the answer itself, or a `SpawnDenied`. */
export type Refused = Omit<Refusal, 'ok' | 'retryAfterMs'> & { readonly retryAfterMs?: number | undefined }

/** The refusal as lines; figures are those of the moment it was decided. */
export function refusalLines(refusal: Refused, service: string | null): readonly string[] {
  const lines = [`refused (${refusal.code}): ${refusal.message}`]
  const figures = figuresText(refusal)
  if (figures !== null) lines.push(`  limit     ${figures}`)
  lines.push(`  retry     ${retryText(refusal.retryAfterMs) ?? ADVICE[refusal.code].retry}`)
  lines.push(`  help      ${helpText(refusal, service)}`)
  lines.push(`  why       espalier why ${refusal.decisionId}`)
  return lines
}

/** The limit with what stood against it; null where no limit refused. */
export function figuresText(refusal: Refused): string | null {
  const { key } = ADVICE[refusal.code]
  if (key === null) return null
  const figure = FIGURES[LIMIT_KEYS[key].unit] ?? String
  const limit = refusal.limit === null ? 'none' : figure(refusal.limit)
  return `${LIMIT_KEYS[key].yaml} ${limit}${refusal.current === null ? '' : `, now ${figure(refusal.current)}`}`
}

/** What would help. */
export function helpText(refusal: Refused, service: string | null): string {
  const { key, help } = ADVICE[refusal.code]
  return `${help}${key === null ? '' : `${help === '' ? '' : ', or '}${raiseOf(key, service)}`}`
}

/** What would have let it through, and when: `atMs` is Unix ms of the refusal. */
export function passText(refusal: Refused, parent: Ancestor, atMs: number): string {
  const { code, current, retryAfterMs } = refusal
  if (typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs)) {
    return `${formatDuration(retryAfterMs)} later, at ${clockText(atMs + retryAfterMs)}, if nobody else was granted meanwhile`
  }
  if (code === 'child_limit' && current !== null)
    return `when one of the ${current} children of ${whoText(parent)} ends`
  if (code === 'descendant_limit' && current !== null) return `when one of the ${current} processes of the service ends`
  return retryText(retryAfterMs) ?? ADVICE[code].retry
}

/** The same in one line. */
export function refusalLine(refusal: Refused): string {
  const { key } = ADVICE[refusal.code]
  const figure = key === null ? String : (FIGURES[LIMIT_KEYS[key].unit] ?? String)
  const parts = [refusal.message]
  if (refusal.limit !== null) parts.push(`limit ${figure(refusal.limit)}`)
  if (refusal.current !== null) parts.push(`now ${figure(refusal.current)}`)
  const retry = retryText(refusal.retryAfterMs)
  if (retry !== null) parts.push(`retry ${retry}`)
  return parts.join(', ')
}

const FIGURES: Readonly<Record<string, (value: number) => string>> = { bytes: formatBytes, ms: formatDuration }

/** Null where nobody can say. A rate of 0 has a wait without end. */
function retryText(retryAfterMs: number | undefined): string | null {
  if (retryAfterMs === undefined) return null
  return Number.isFinite(retryAfterMs) ? `in ${formatDuration(retryAfterMs)}` : 'never: the limit is 0'
}

interface Advice {
  /** The limit that refused, if one did. */
  readonly key: keyof Limits | null
  /** When to try again where nobody can say the ms. */
  readonly retry: string
  readonly help: string
}

const ADVICE: Readonly<Record<RefusalCode, Advice>> = {
  shutting_down: { key: null, retry: 'not here: this service is ending', help: 'end, or finish without children' },
  busy: { key: null, retry: 'in a moment', help: 'ask less often' },
  rate_limit: { key: 'rate', retry: 'in a moment', help: 'spawn more slowly' },
  no_tree: {
    key: null,
    retry: 'never: nobody tracks this process',
    help: 'spawn from a process that espalier started',
  },
  depth_limit: { key: 'depth', retry: 'never at this depth', help: 'spawn from a process further up' },
  descendant_limit: { key: 'descendants', retry: 'when any process of the service has ended', help: 'end some' },
  memory_quota: { key: 'totalMemory', retry: 'when the service uses less memory', help: 'end some processes' },
  child_limit: { key: 'children', retry: 'when a child of this parent has ended', help: 'spawn below another process' },
  parent_exited: { key: null, retry: 'never: the parent has ended', help: 'spawn below a living process' },
  ttl_limit: { key: 'ttlMaxMs', retry: 'never with this time to live', help: 'ask for a shorter --ttl' },
  service_rate_limit: { key: 'serviceRate', retry: 'in a moment', help: 'spawn more slowly' },
  lifetime_limit: { key: 'lifetime', retry: 'never: what was spawned counts for ever', help: '' },
}

function raiseOf(key: keyof Limits, service: string | null): string {
  const { yaml } = LIMIT_KEYS[key]
  const now = service === null ? '' : `, or espalier limits set ${service} ${yaml}=MORE`
  return `raise ${yaml} (spawn.limits in its config${now})`
}
