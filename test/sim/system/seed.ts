/** Plays one seed, and says how it went. */

import { asDaemon } from './as-daemon.js'
import type { Canary } from './canaries.js'
import { Run } from './run.js'
import { Violation } from './violation.js'

/** How a seed went. */
export interface Outcome {
  readonly steps: number
  /** Null: nothing was violated. */
  readonly violation: string | null
  /** What happened, oldest first. */
  readonly history: readonly string[]
}

/** Plays a seed, 0 to 2^32 - 1; at most `stepsMax` steps of it. */
export async function runSeed(
  seed: number,
  canary: Canary | null,
  reached: Map<string, number>,
  stepsMax = Number.POSITIVE_INFINITY,
): Promise<Outcome> {
  const stepBack = asDaemon()
  const run = new Run(seed, canary, reached)
  try {
    await run.play(stepsMax)
    return { steps: run.steps, violation: null, history: run.history }
  } catch (error) {
    const violation =
      error instanceof Error ? (error instanceof Violation ? error.message : (error.stack ?? '')) : String(error)
    return { steps: run.steps, violation, history: run.history }
  } finally {
    run.over()
    stepBack()
  }
}
