/** The last refusal of a run, explained at its end: what `espalier why` would have said. */

import type { DaemonContext } from '../daemon/context.js'
import type { News } from '../daemon/news.js'
import { whyLines } from './why-lines.js'

export interface LastRefusal {
  /** Hears everything that happens. */
  tell(news: News): void
  /** None where nothing was refused, or the daemon remembers it no more. */
  lines(context: DaemonContext): readonly string[]
}

/** None so far. */
export function createLastRefusal(): LastRefusal {
  let decisionId: string | null = null
  return {
    tell(news) {
      if (news.kind === 'refused') decisionId = news.refusal.decisionId
    },
    lines({ history }) {
      const report = decisionId === null ? null : history.refusals.find(decisionId)
      return report === null ? [] : whyLines({ kind: 'refusal', ...report })
    },
  }
}
