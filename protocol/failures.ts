/** Failures are errors: a call that could not be answered, with a code that programs can match. */

import type { Refusal, RefusalCode } from './refusals.js'

/** Every failure code an `EspalierError` may carry. */
export const FAILURE_CODES = [
  'invalid_input',
  'pid_taken',
  'host_lost',
  'unavailable',
  'closed',
  'launch_failed',
  'timeout',
  'aborted',
] as const

export type FailureCode = (typeof FAILURE_CODES)[number]

/** An operation that failed. `message` names the value, the rule and the way out. */
export class EspalierError extends Error {
  readonly code: FailureCode | RefusalCode

  constructor(code: FailureCode | RefusalCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'EspalierError'
    this.code = code
  }
}

/** Thrown by `service(name).spawn()` when the spawn was refused; has every field of the refusal. */
export class SpawnDenied extends EspalierError {
  readonly ok = false
  declare readonly code: RefusalCode
  readonly limit: number | null
  readonly current: number | null
  readonly decisionId: string
  readonly retryAfterMs: number | undefined

  constructor(refusal: Refusal) {
    super(refusal.code, refusal.message)
    this.name = 'SpawnDenied'
    this.limit = refusal.limit
    this.current = refusal.current
    this.decisionId = refusal.decisionId
    this.retryAfterMs = refusal.retryAfterMs
  }
}
