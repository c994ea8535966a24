/** What follows the end of a service's root: nothing, a restart after a pause, or that the service is left alone. */

import type { Exit } from '../../protocol/children.js'
import type { RestartPolicy } from '../../protocol/restarts.js'

/** What is remembered between two ends of one service's root. */
export interface RestartLog {
  /** Restarts in a row, none of which lived long. */
  readonly streak: number
  /** When the latest were decided, the oldest first, in ms of the caller's clock; at most as many as the intensity allows. */
  readonly stampsMs: readonly number[]
}

/** The log of a service that was never restarted. */
export const NO_RESTARTS: RestartLog = { streak: 0, stampsMs: [] }

/** An end, and what deciding needs beside it. */
export interface RootEnd {
  readonly exit: Pick<Exit, 'exitCode' | 'reason'>
  /** How long the root lived, in ms. */
  readonly livedMs: number
  /** Now, by a clock that never goes back. */
  readonly nowMs: number
  /** From 0 to below 1, drawn anew for each end. */
  readonly chance: number
}

export type Verdict =
  /** The policy asks for no restart after such an end. */
  | { readonly kind: 'ended' }
  /** `count` restarts are in the window with this one. */
  | { readonly kind: 'restart'; readonly delayMs: number; readonly count: number; readonly log: RestartLog }
  /** One restart more would be too many: `count` were made within `windowMs`. */
  | { readonly kind: 'failed'; readonly count: number; readonly windowMs: number }

/**
 * Decides. A pause is drawn evenly from 0 up to `firstMs * 2 ** streak`, at most `longestMs` (full jitter: services that failed
 * together do not come back together). The window is exact and slides: it counts restarts younger than its length.
 */
export function decideRestart(policy: RestartPolicy, log: RestartLog, end: RootEnd): Verdict {
  if (!isFollowed(policy, end)) return { kind: 'ended' }
  const { intensity } = policy
  const streak = end.livedMs >= policy.longestMs ? 0 : log.streak
  const stampsMs = intensity === null ? [] : log.stampsMs.filter(atMs => atMs > end.nowMs - intensity.windowMs)
  if (intensity !== null && stampsMs.length >= intensity.limit) {
    return { kind: 'failed', count: stampsMs.length, windowMs: intensity.windowMs }
  }
  const after = { streak: streak + 1, stampsMs: intensity === null ? [] : [...stampsMs, end.nowMs] }
  const delayMs = Math.floor(end.chance * longestPauseMs(policy, streak))
  return { kind: 'restart', delayMs, count: intensity === null ? after.streak : after.stampsMs.length, log: after }
}

/** Whether nobody ordered the end, and it was a bad one. An end of which nothing is known may have been. */
export function isFailure({ exitCode, reason }: Pick<Exit, 'exitCode' | 'reason'>): boolean {
  return exitCode !== 0 && isUnbidden(reason)
}

function isFollowed({ when }: RestartPolicy, { exit }: RootEnd): boolean {
  if (when === 'never') return false
  return when === 'always' ? isUnbidden(exit.reason) : isFailure(exit)
}

function isUnbidden(reason: Exit['reason']): boolean {
  return reason === 'self' || reason === 'signal' || reason === 'oom' || reason === 'quota' || reason === 'unknown'
}

/** 2 to the power of 1000 is still a number; nothing is lost by not counting further. */
function longestPauseMs({ firstMs, longestMs }: RestartPolicy, streak: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(streak, 1000))
}
