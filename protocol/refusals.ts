/** Refusals are answers, not errors: a code, the figures at that moment, and the sentence people read. */

/** Every refusal code, in the order in which `authorizeSpawn` checks them (SEMANTICS, Operations). */
export const REFUSAL_CODES = [
  'shutting_down',
  'busy',
  'rate_limit',
  'no_tree',
  'depth_limit',
  'descendant_limit',
  'memory_quota',
  'child_limit',
  'parent_exited',
  'ttl_limit',
  'service_rate_limit',
  'lifetime_limit',
] as const

export type RefusalCode = (typeof REFUSAL_CODES)[number]

/** A spawn that is not allowed now. */
export interface Refusal {
  readonly ok: false
  readonly code: RefusalCode
  /** The sentence for people; the reference's exact text for the six codes it has. */
  readonly message: string
  /** The limit that refused (count, bytes, levels or ms); null where the code has no figure. */
  readonly limit: number | null
  /** What stood against it at that moment, reservations included; null where the code has no figure. */
  readonly current: number | null
  /** Host lane and counter, unique within a supervisor: `why` explains it. */
  readonly decisionId: string
  /** For the two rates and `busy`: ms until this rule alone would pass if nobody else is granted; Infinity at a rate of 0. */
  readonly retryAfterMs?: number
}

/** A spawn that may happen: the ticket already holds its slots. */
export interface Grant {
  readonly ok: true
  /** Depth that the child will have (a root's child is 1). */
  readonly depth: number
  readonly rootService: string
  readonly ticket: number
  /** When the ticket dies unless recorded, in ms of the supervisor's monotonic clock. */
  readonly expiresAtMs: number
}

/** The sentence of a refusal. `rate` gives the figures that the rate texts name. */
export function refusalMessage(
  code: RefusalCode,
  rate?: { readonly limit: number; readonly windowMs: number },
): string {
  switch (code) {
    case 'rate_limit':
      return `Spawn limit exceeded: Spawn rate limit exceeded ${rateText(rate)}`
    case 'no_tree':
      return 'Spawn authorization failed: No spawn tree found for process'
    case 'depth_limit':
      return 'Spawn limit exceeded: Maximum spawn depth reached'
    case 'descendant_limit':
      return 'Spawn limit exceeded: Descendant limit exceeded'
    case 'memory_quota':
      return 'Spawn limit exceeded: Memory quota exceeded'
    case 'child_limit':
      return 'Spawn limit exceeded: Maximum direct children reached'
    case 'parent_exited':
      return 'Spawn authorization failed: The parent process has exited'
    case 'ttl_limit':
      return 'Spawn limit exceeded: The time to live asked for is longer than the service allows'
    case 'service_rate_limit':
      return `Spawn limit exceeded: Service spawn rate limit exceeded ${rateText(rate)}`
    case 'lifetime_limit':
      return 'Spawn limit exceeded: The service has used up its spawns for life'
    case 'busy':
      return 'Spawn authorization failed: Too many operations are waiting for this host'
    case 'shutting_down':
      return 'Spawn authorization failed: The supervisor is shutting down'
  }
}

function rateText(rate: { readonly limit: number; readonly windowMs: number } | undefined): string {
  if (rate === undefined) return ''
  return rate.windowMs === 1000 ? `(max ${rate.limit}/sec)` : `(max ${rate.limit} per ${rate.windowMs} ms)`
}

/** What a refusal is known by: the lane that decided, and its count of refusals. */
export function decisionId(lane: number | 'router', count: number): string {
  return `${lane === 'router' ? 'r' : lane}-${count}`
}
