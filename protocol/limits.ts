/** The limits of a service: their keys, ranges and defaults. A bound lives here, once, with its unit. */

import { TERMINATION_POLICIES, type TerminationPolicy } from './trees.js'

/** What happens over `totalMemory`: refuse new spawns, end one process, or end the tree. */
export const MEMORY_ACTIONS = ['deny', 'kill_largest', 'kill_newest', 'kill_tree'] as const
export type MemoryAction = (typeof MEMORY_ACTIONS)[number]

/** `live`: an exit frees its slots at once. `tracked`: the reference's books, for comparison. */
export const COUNTINGS = ['live', 'tracked'] as const
export type Counting = (typeof COUNTINGS)[number]

/** At most `limit` grants in any window of `windowMs` (exact sliding log). */
export interface Rate {
  readonly limit: number
  readonly windowMs: number
}

/** Effective limits: every key present; null means none. */
export interface Limits {
  readonly depth: number
  readonly children: number
  readonly descendants: number
  readonly totalMemory: number | null
  readonly terminationPolicy: TerminationPolicy
  readonly rate: Rate | null
  readonly serviceRate: Rate | null
  readonly lifetime: number | null
  readonly memoryAction: MemoryAction
  readonly ttlMaxMs: number | null
  readonly graceMs: number
  readonly tasks: number
  readonly countPeripherals: boolean
  readonly strict: boolean
  readonly keepExited: number
  readonly ticketTtlMs: number
  readonly counting: Counting
}

/** What a caller may give: every key optional, absent or null meaning the default, `'none'` lifting a limit. */
export interface LimitsInput {
  readonly depth?: number | null
  readonly children?: number | null
  readonly descendants?: number | null
  readonly totalMemory?: number | string | null
  readonly terminationPolicy?: TerminationPolicy | null
  readonly rate?: string | Rate | null
  readonly serviceRate?: string | Rate | null
  readonly lifetime?: number | 'none' | null
  readonly memoryAction?: MemoryAction | null
  readonly ttlMaxMs?: number | 'none' | null
  readonly graceMs?: number | null
  readonly tasks?: number | null
  readonly countPeripherals?: boolean | null
  readonly strict?: boolean | null
  readonly keepExited?: number | null
  readonly ticketTtlMs?: number | null
  readonly counting?: Counting | null
}

/** Largest count that any limit may be. */
export const COUNT_MAX = 4_000_000

/** Deepest tree, in levels. */
export const DEPTH_MAX = 64

/** Shortest and longest window of a rate, in ms. */
export const WINDOW_MIN_MS = 100
export const WINDOW_MAX_MS = 3_600_000

/** Longest `graceMs` and `ticketTtlMs`: a day, in ms. A timer of Node takes it whole (its own bound is 2^31 - 1 ms). */
export const WAIT_MAX_MS = 86_400_000

/** Longest `ttlMaxMs`: 3650 days, in ms. */
export const TTL_MAX_MS = 3650 * 86_400_000

/** What one key of the limits may hold. `unit` says how it is read; bounds are allowed themselves. */
export type LimitKey<V = unknown> = {
  /** Its name in a config file. */
  readonly yaml: string
  /** One sentence for people. */
  readonly says: string
  /** Effective value when absent or null; a function where it depends on another limit. */
  readonly default: V | ((others: { readonly descendants: number }) => V)
} & (
  | {
      readonly unit: 'levels' | 'count' | 'bytes' | 'ms'
      readonly min: number
      readonly max: number
      /** Whether `'none'` lifts it. */
      readonly liftable: boolean
    }
  | { readonly unit: 'rate'; readonly liftable: true }
  | { readonly unit: 'choice'; readonly choices: readonly string[]; readonly liftable: false }
  | { readonly unit: 'flag'; readonly liftable: false }
)

/** A count, 0 to 4,000,000; zero allows none. */
const COUNT = { unit: 'count', min: 0, max: COUNT_MAX, liftable: false } as const

/** Every limit by its name in TypeScript: the one list from which parsing, suggestions and listings derive. */
export const LIMIT_KEYS: { readonly [K in keyof Limits]: LimitKey<Limits[K]> } = {
  depth: {
    yaml: 'depth',
    unit: 'levels',
    min: 0,
    max: DEPTH_MAX,
    liftable: false,
    default: 3,
    says: 'Levels of the tree counting the root: a child whose depth would reach it is refused.',
  },
  children: { yaml: 'children', ...COUNT, default: 100, says: 'Direct children of any one process.' },
  descendants: { yaml: 'descendants', ...COUNT, default: 500, says: 'Processes below the roots, all levels.' },
  totalMemory: {
    yaml: 'total_memory',
    unit: 'bytes',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    liftable: true,
    default: null,
    says: 'Memory of the whole tree.',
  },
  terminationPolicy: {
    yaml: 'termination_policy',
    unit: 'choice',
    choices: TERMINATION_POLICIES,
    liftable: false,
    default: 'cascade',
    says: 'What becomes of the descendants when a process dies unbidden.',
  },
  rate: {
    yaml: 'rate',
    unit: 'rate',
    liftable: true,
    default: { limit: 10, windowMs: 1000 },
    says: 'Grants per parent in any window of that length.',
  },
  serviceRate: {
    yaml: 'service_rate',
    unit: 'rate',
    liftable: true,
    default: null,
    says: 'Grants over the whole tree in any window of that length.',
  },
  lifetime: {
    yaml: 'lifetime',
    ...COUNT,
    liftable: true,
    default: null,
    says: 'Grants ever; never given back.',
  },
  memoryAction: {
    yaml: 'memory_action',
    unit: 'choice',
    choices: MEMORY_ACTIONS,
    liftable: false,
    default: 'deny',
    says: 'What happens over the memory limit.',
  },
  ttlMaxMs: {
    yaml: 'ttl_max',
    unit: 'ms',
    min: 1,
    max: TTL_MAX_MS,
    liftable: true,
    default: null,
    says: 'The longest time to live; a child that asks for none gets it.',
  },
  graceMs: {
    yaml: 'grace',
    unit: 'ms',
    min: 0,
    max: WAIT_MAX_MS,
    liftable: false,
    default: 5000,
    says: 'Time between TERM and KILL.',
  },
  tasks: {
    yaml: 'tasks',
    ...COUNT,
    default: ({ descendants }) => Math.min(Math.max(512, 16 * (descendants + 1)), COUNT_MAX),
    says: 'Kernel cap on threads and processes where cgroups allow.',
  },
  countPeripherals: {
    yaml: 'count_peripherals',
    unit: 'flag',
    liftable: false,
    default: false,
    says: 'Whether undeclared forks use descendant slots.',
  },
  strict: {
    yaml: 'strict',
    unit: 'flag',
    liftable: false,
    default: false,
    says: 'Whether undeclared forks are ended when found.',
  },
  keepExited: {
    yaml: 'keep_exited',
    ...COUNT,
    default: 100,
    says: 'Exited records kept readable; the oldest leave first.',
  },
  ticketTtlMs: {
    yaml: 'ticket_ttl',
    unit: 'ms',
    min: 1,
    max: WAIT_MAX_MS,
    liftable: false,
    default: 10_000,
    says: 'How long a grant waits for its record.',
  },
  counting: {
    yaml: 'counting',
    unit: 'choice',
    choices: COUNTINGS,
    liftable: false,
    default: 'live',
    says: 'Whether an exit frees its slots at once, or the books are those of the reference.',
  },
}
