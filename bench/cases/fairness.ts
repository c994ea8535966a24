/** Case `fairness`: who gets how much of a shared cap, and how long a quiet service waits while another storms. */

import { CAPS } from '../fairness/caps.js'
import type { Shares } from '../fairness/shares.js'
import type { Round } from '../fairness/storm.js'
import type { Case, CaseOptions, Progress } from '../harness/case.js'
import { contestOfMany } from '../harness/contest.js'
import { hear } from '../harness/one-answer.js'
import { sideBySide } from '../harness/side-by-side.js'
import type { Summary } from '../harness/statistics.js'
import { short, table, times } from '../harness/table.js'

type Shared = Shares & { readonly cap: string }
type Storm = Readonly<Record<keyof Round, Summary>> & { readonly way: string }

const SHARES = new URL('../fairness/shares.js', import.meta.url)
const STORM = new URL('../fairness/storm.js', import.meta.url)
const PARENTS = 1_000
/** Grants a parent on average; with fewer, chance alone keeps Jain's index down: 1 - 1 / grants. */
const GRANTS = { quick: 10, grid: 200, full: 1_000 }
const STORMERS = 1_024
/** How long the quiet service is measured, alone and in the storm. */
const STORM_MS = { quick: 300, grid: 800, full: 3_000 }
const WAYS = ['1 host', '2 hosts', 'postMessage', 'comlink']

export const fairness: Case = {
  name: 'fairness',
  summary: "1000 parents under one cap: Jain's index, one greedy parent; a quiet service beside a storm",
  async run(options, progress) {
    const shares = await sharesOf(options, progress)
    const contestants = WAYS.map(way => ({
      name: way,
      file: STORM,
      args: [way, STORMERS, STORM_MS[options.size]].map(String),
    }))
    const heard = await contestOfMany<Round>(contestants, options.rounds, done =>
      progress(`a storm of ${STORMERS} callers, round ${done} of ${options.rounds}`),
    )
    const storms = [...heard].map(([way, round]) => ({ way, ...round }))
    const figures = [
      ...shares.map(each => ({ measure: 'shares', ...each })),
      ...storms.map(each => ({ measure: 'storm', stormers: STORMERS, ...each })),
    ]
    return { figures, text: [...tableOfShares(shares, options), ...tableOfStorms(storms)] }
  },
}

async function sharesOf({ size }: CaseOptions, progress: Progress): Promise<Shared[]> {
  return sideBySide(Object.keys(CAPS), async cap => {
    progress(`shares of ${cap}`)
    return { cap, ...(await hear<Shares>({ name: cap, file: SHARES, args: [cap, PARENTS, GRANTS[size]].map(String) })) }
  })
}

function tableOfShares(shares: readonly Shared[], { size }: CaseOptions): string[] {
  const head = ['', 'all equal', 'others beside a greedy one', 'it gets', 'others keep', 'always in the same order']
  return [
    '',
    `Jain's index of ${PARENTS} parents under 10 a second for all; the greedy one asks 100 times as often`,
    ...table(
      head,
      shares.map(({ cap, equal, others, greedyGets, othersKeep, sameOrder }) => [
        cap,
        equal.toFixed(3),
        others.toFixed(3),
        times(greedyGets, 1),
        `${(othersKeep * 100).toFixed(0)} %`,
        sameOrder.toFixed(3),
      ]),
    ),
    `(chance alone: ${(1 - 1 / GRANTS[size]).toFixed(3)}; who is granted is who asks first, so who always asks last gets nothing)`,
  ]
}

function tableOfStorms(storms: readonly Storm[]): string[] {
  const head = ['', 'alone p50', 'alone p99', 'in the storm p50', 'p99', 'p99 grows']
  return [
    '',
    `how long a quiet service waits for an answer, in us, while ${STORMERS} callers of another ask without a pause`,
    ...table(
      head,
      storms.map(({ way, aloneP50Us, aloneP99Us, stormP50Us, stormP99Us }) => [
        way,
        ...[aloneP50Us, aloneP99Us, stormP50Us, stormP99Us].map(({ median }) => short(median)),
        times(stormP99Us.median, aloneP99Us.median),
      ]),
    ),
  ]
}
