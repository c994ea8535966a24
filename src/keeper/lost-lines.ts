/** How much output keepers could not write. */

import { EspalierError } from '../../protocol/failures.js'
import type { Keeper } from './keeper.js'

/** How long a keeper may take to say it, in ms: one that is stopped must not hold up who asks how its service does. */
const ANSWER_MS = 500

/** Lines by service, since its keeper began; of one that does not answer in time nothing is said. */
export async function lostLinesOf(keepers: readonly Keeper[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  await Promise.all(
    keepers.map(async keeper => {
      const lines = await lostBy(keeper)
      if (lines !== null) counts.set(keeper.service, lines)
    }),
  )
  return counts
}

async function lostBy(keeper: Keeper): Promise<number | null> {
  try {
    const answer = await keeper.status(ANSWER_MS)
    return answer?.kind === 'status' ? answer.fields.logLost : null
  } catch (error) {
    if (error instanceof EspalierError) return null
    throw error
  }
}
