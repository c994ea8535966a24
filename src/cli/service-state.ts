/** What a service is doing, in the words of a listing. */

import { formatDuration } from '../../protocol/format.js'
import type { ServiceReport } from '../../protocol/wire/answers.js'

/** `running`, `waiting for db`, `restarting in 3s (2 of 5)`, `failed (5 restarts in 1m)`. `atMs` is now by the daemon's clock, Unix ms. */
export function serviceStateText({ state, phase }: Pick<ServiceReport, 'state' | 'phase'>, atMs: number): string {
  if (state === 'restarting' && phase.kind === 'restarting') {
    const leftMs = Math.max(0, Math.round(phase.atMs - atMs))
    return `restarting in ${formatDuration(leftMs)} (${restartText(phase)})`
  }
  if (state === 'waiting' && phase.kind === 'waiting') return `waiting for ${phase.for.join(', ')}`
  if (state === 'failed' && phase.kind === 'failed') {
    return `failed (${phase.count} restarts in ${formatDuration(phase.windowMs)})`
  }
  return state
}

/** `2 of 5`, or `restart 2` where nothing limits them. */
export function restartText({ count, limit }: { readonly count: number; readonly limit: number | null }): string {
  return limit === null ? `restart ${count}` : `${count} of ${limit}`
}
