/** What is drawn per run: small limits, so that each is reached, and steps whose numbers pick among what exists then. */

import fc from 'fast-check'
import { TERMINATION_POLICIES } from '../../protocol/trees.js'
import type { OracleLimits } from '../oracle/books.js'

/** What a step may do, and how often beside the others. */
const WEIGHTS = {
  authorize: 30,
  recordTicket: 22,
  recordBare: 3,
  recordAgain: 3,
  recordHint: 2,
  exit: 14,
  release: 4,
  advance: 12,
  metrics: 6,
  removeChild: 2,
  removeSubtree: 2,
  children: 4,
  tree: 6,
  canSpawn: 2,
  activeChildCount: 2,
  policy: 1,
  registerRoot: 3,
  takePid: 1,
  unregisterRoot: 1,
  replaceLimits: 2,
  unregisterService: 1,
} as const

export type StepKind = keyof typeof WEIGHTS

/** `a` and `b` pick, modulo what there is to pick from. */
export interface Step {
  readonly kind: StepKind
  readonly a: number
  readonly b: number
}

export interface Program {
  readonly limits: readonly [OracleLimits, OracleLimits]
  readonly steps: readonly Step[]
}

const kinds = Object.entries(WEIGHTS).map(([kind, weight]) => ({
  arbitrary: fc.constant(kind as StepKind),
  weight,
}))

const step: fc.Arbitrary<Step> = fc.record({ kind: fc.oneof(...kinds), a: fc.nat(9999), b: fc.nat(9999) })

const rate = (limitMax: number) =>
  fc.option(fc.record({ limit: fc.integer({ min: 1, max: limitMax }), windowMs: fc.integer({ min: 100, max: 1000 }) }))

const mostly = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 4 }, { arbitrary: other, weight: 1 })

/** The limits of one service. No deadline is ever reached: what an order does to the books is proved by examples. */
export const limits: fc.Arbitrary<OracleLimits> = fc.record({
  depth: fc.integer({ min: 1, max: 5 }),
  children: fc.integer({ min: 1, max: 5 }),
  descendants: fc.integer({ min: 1, max: 10 }),
  totalMemory: fc.option(fc.constant(100)),
  terminationPolicy: fc.constantFrom(...TERMINATION_POLICIES),
  rate: rate(4),
  serviceRate: rate(8),
  lifetime: fc.option(fc.integer({ min: 1, max: 20 })),
  ttlMaxMs: fc.option(fc.constant(1_000_000)),
  keepExited: mostly(100, fc.integer({ min: 0, max: 2 })),
  ticketTtlMs: fc.integer({ min: 100, max: 2000 }),
  counting: mostly<OracleLimits['counting']>('live', fc.constant('tracked')),
})

export const program: fc.Arbitrary<Program> = fc.record({
  limits: fc.tuple(limits, limits),
  steps: fc.array(step, { minLength: 10, maxLength: 160, size: 'max' }),
})
