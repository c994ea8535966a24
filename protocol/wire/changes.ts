/** Reading limits, changing them, reading a config again, and starting a service: what is asked beside the kind, and what is answered. */

import { EspalierError } from '../failures.js'
import { isName, NAME_LENGTH_MAX } from '../ids.js'
import type { LimitChange, LimitName, LimitOrigins } from '../limit-layers.js'
import { LIMIT_NAMES } from '../limit-layers.js'
import { parseLimits } from '../limit-parse.js'
import type { Limits, LimitsInput } from '../limits.js'
import type { OverLimit } from '../over-limits.js'
import { accept, type Parsed, reject } from '../parsed.js'
import { show } from '../show.js'
import type { FrameObject } from './frames.js'

/** The operator asks for the effective limits of one service, or of all (null), and where each comes from. */
export interface LimitsRequest {
  readonly v: 1
  readonly kind: 'limits'
  readonly service: string | null
}

/** The operator has the config read again; `dryRun`: only says what that would change. */
export interface ReloadRequest {
  readonly v: 1
  readonly kind: 'reload'
  readonly dryRun: boolean
}

/** The operator changes limits of a service while it runs. */
export interface SetLimitsRequest extends SetLimitsFields {
  readonly v: 1
  readonly kind: 'set_limits'
}

/** The operator orders the start of one service; `again`: first it ends, if it runs. */
export interface StartRequest {
  readonly v: 1
  readonly kind: 'start'
  readonly service: string
  readonly again: boolean
}

export type ChangeRequest = LimitsRequest | SetLimitsRequest | ReloadRequest | StartRequest

/** Other limits for one service. */
export interface SetLimitsFields {
  readonly service: string
  /** As `registerService` takes them; absent or null stays as it is. */
  readonly limits: LimitsInput
  /** These become again what the config says, or the default. */
  readonly configured: readonly LimitName[]
  /** Who is named as the origin. */
  readonly by: 'command' | 'api'
}

/** The effective limits of one service. */
export interface LimitsReport {
  readonly service: string
  readonly limits: Limits
  readonly origins: LimitOrigins
  readonly over: readonly OverLimit[]
}

/** What a reload does to one service, or would do. */
export type ReloadChange =
  | { readonly service: string; readonly kind: 'started' }
  /** It was restarted too often, and is started anew with a clean record. */
  | { readonly service: string; readonly kind: 'started_again' }
  /** A change without an effect is there when what was set while it runs stays over the file. */
  | {
      readonly service: string
      readonly kind: 'limits'
      readonly changes: readonly LimitChange[]
      /** Limits that the file has given another value, and that stay as they were set while it runs. */
      readonly kept: readonly LimitName[]
    }
  /** Keys whose new values count from its next start. */
  | { readonly service: string; readonly kind: 'next_start'; readonly keys: readonly string[] }
  /** Keys whose new values count from now on. */
  | { readonly service: string; readonly kind: 'at_once'; readonly keys: readonly string[] }
  /** No longer in the file; it runs on. */
  | { readonly service: string; readonly kind: 'left_out' }

/** Types the fields of each, by its kind. */
export const CHANGE_PARSERS = {
  limits: parseLimitsRequest,
  set_limits: parseSetLimitsRequest,
  reload: parseReloadRequest,
  start: parseStartRequest,
} as const

/** Types the fields of `limits`. */
function parseLimitsRequest(frame: FrameObject): Parsed<LimitsRequest> {
  const service = frame.service ?? null
  return service === null || isName(service) ? accept({ v: 1, kind: 'limits', service }) : reject(nameRule(service))
}

/** Types the fields of `set_limits`, each limit checked. */
function parseSetLimitsRequest(frame: FrameObject): Parsed<SetLimitsRequest> {
  const { service, by } = frame
  const limits = frame.limits ?? {}
  const configured = frame.configured ?? []
  if (!isName(service)) return reject(nameRule(service))
  if (by !== 'command' && by !== 'api') return reject(`by is ${show(by)}: it must be command or api`)
  if (!Array.isArray(configured) || !configured.every(isLimitName)) {
    return reject(`configured is ${show(configured)}: it must be a list out of ${LIMIT_NAMES.join(', ')}`)
  }
  try {
    parseLimits(limits)
  } catch (error) {
    if (error instanceof EspalierError) return reject(error.message)
    throw error
  }
  return accept({
    v: 1,
    kind: 'set_limits',
    service,
    limits: limits as LimitsInput,
    configured: [...new Set(configured)],
    by,
  })
}

/** Types the field of `reload`. */
function parseReloadRequest(frame: FrameObject): Parsed<ReloadRequest> {
  const dryRun = frame.dryRun ?? false
  return typeof dryRun === 'boolean'
    ? accept({ v: 1, kind: 'reload', dryRun })
    : reject(`dryRun is ${show(dryRun)}: it must be true or false`)
}

/** Types the fields of `start`. */
function parseStartRequest(frame: FrameObject): Parsed<StartRequest> {
  const { service } = frame
  const again = frame.again ?? false
  if (!isName(service)) return reject(nameRule(service))
  return typeof again === 'boolean'
    ? accept({ v: 1, kind: 'start', service, again })
    : reject(`again is ${show(again)}: it must be true or false`)
}

function isLimitName(value: unknown): value is LimitName {
  return (LIMIT_NAMES as readonly unknown[]).includes(value)
}

function nameRule(value: unknown): string {
  return `service is ${show(value)}: it must be 1 to ${NAME_LENGTH_MAX} characters of A-Z a-z 0-9 . _ -`
}
