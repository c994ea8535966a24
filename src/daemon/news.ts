/** What a daemon tells whoever watches it live. */

import type { Exit } from '../../protocol/children.js'
import type { TerminationReason } from '../../protocol/events.js'
import type { Refusal } from '../../protocol/refusals.js'
import type { ManagedProcess } from './process.js'

export type News =
  | { readonly kind: 'started'; readonly process: ManagedProcess }
  | { readonly kind: 'exited'; readonly process: ManagedProcess; readonly exit: Exit }
  | {
      readonly kind: 'refused'
      readonly service: string
      /** Below whom the child should have come. */
      readonly parentPid: number
      readonly parentName: string
      /** Whom the request was taken for. */
      readonly askerPid: number
      readonly childName: string
      readonly refusal: Refusal
    }
  | { readonly kind: 'ending'; readonly processes: readonly ManagedProcess[]; readonly reason: TerminationReason }
  | { readonly kind: 'moved'; readonly process: ManagedProcess; readonly toPid: number }
  /** Processes of a daemon that has died, with their keeper `service` had before: they run on under this one. */
  | { readonly kind: 'taken_over'; readonly service: string; readonly processes: readonly ManagedProcess[] }
  /** It starts when those are ready. */
  | { readonly kind: 'waiting'; readonly service: string; readonly for: readonly string[] }
  /** Started, and ready where its config says what that is, as `up` of the `total` services that are being brought up. */
  | { readonly kind: 'up'; readonly service: string; readonly up: number; readonly total: number }
  /** Its root is started again in `delayMs`; `count` restarts of `limit` are used then, null where nothing limits them. */
  | {
      readonly kind: 'restarting'
      readonly service: string
      readonly delayMs: number
      readonly count: number
      readonly limit: number | null
    }
  /** It was started again `count` times within `windowMs`, ended once more, and is left alone. */
  | { readonly kind: 'service_failed'; readonly service: string; readonly count: number; readonly windowMs: number }
  | { readonly kind: 'measured' }
  | { readonly kind: 'trouble'; readonly message: string }
