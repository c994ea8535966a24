/** Runs a campaign round by round, and tells how far it is. */

import { type Campaign, Violation } from './campaign.js'

/** Seeds are below this. */
export const SEEDS = 2 ** 31

/** How far a campaign is. */
export interface Progress {
  readonly done: number
  readonly rounds: number
  /** ms until the rest is done, were it as slow as what was done. */
  readonly leftMs: number
}

/** How a campaign went; `seed` and `round` (from 1) are those of the violation. */
export type Outcome = { readonly report: readonly string[] } & (
  | { readonly held: true; readonly rounds: number; readonly tookMs: number }
  | { readonly held: false; readonly round: number; readonly seed: number; readonly reason: string }
)

/** Round i (from 1) has the seed `seed + i - 1`, so that one round can be repeated alone. */
export async function runCampaign(
  campaign: Campaign,
  rounds: number,
  seed: number,
  onRound: (progress: Progress) => void,
): Promise<Outcome> {
  const open = await campaign.open()
  const begunMs = performance.now()
  try {
    for (let round = 1; round <= rounds; round++) {
      const own = (seed + round - 1) % SEEDS
      try {
        await open.round(own)
      } catch (error) {
        if (!(error instanceof Violation)) throw error
        return { held: false, round, seed: own, reason: error.message, report: open.report?.() ?? [] }
      }
      const tookMs = performance.now() - begunMs
      onRound({ done: round, rounds, leftMs: (tookMs / round) * (rounds - round) })
    }
    return { held: true, rounds, tookMs: performance.now() - begunMs, report: open.report?.() ?? [] }
  } finally {
    await open.close()
  }
}
