/** Restarts of a service: when its root is started again after it has ended, after which pause, and how often at most. */

import type { Rate } from './limits.js'

/** After which ends a root is started again. `on-failure`: after those that were one. No order to end is followed by a restart. */
export const RESTART_POLICIES = ['never', 'on-failure', 'always'] as const
export type RestartWhen = (typeof RESTART_POLICIES)[number]

export interface RestartPolicy {
  readonly when: RestartWhen
  /** Longest pause before the first restart, in ms; it doubles with each that follows. The pause itself is drawn from 0 up to it. */
  readonly firstMs: number
  /** What the longest pause grows to, in ms. A root that lived as long as this begins anew with `firstMs`. */
  readonly longestMs: number
  /** Most restarts in any window of that length; one more, and the service has failed. Null: no end to it. */
  readonly intensity: Rate | null
}

/** What holds where a config says nothing. */
export const RESTART_DEFAULTS: RestartPolicy = {
  when: 'never',
  firstMs: 200,
  longestMs: 30_000,
  intensity: { limit: 5, windowMs: 60_000 },
}

/** Shortest and longest pause that may be asked for, in ms: to an hour. */
export const PAUSE_MS = { min: 1, max: 3_600_000 } as const

/** Most restarts that an intensity may allow: each is remembered for its window. */
export const INTENSITY_MAX = 1000

/** What a service is doing, as its daemon sees it. */
export type ServicePhase =
  /** It starts when those are ready. */
  | { readonly kind: 'waiting'; readonly for: readonly string[] }
  /** Its root is being started or taken over, or is not ready yet. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  /** Its root is started again at `atMs` (Unix ms); `count` restarts of `limit` are used then, null where nothing limits them. */
  | { readonly kind: 'restarting'; readonly atMs: number; readonly count: number; readonly limit: number | null }
  /** It was restarted `count` times within `windowMs`, and is left alone now. */
  | { readonly kind: 'failed'; readonly count: number; readonly windowMs: number }
  | { readonly kind: 'ended' }
