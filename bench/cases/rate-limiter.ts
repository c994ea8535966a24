/** Case `rate-limiter`: ten a second, by everybody: how exact, what it costs, what a clock or a slow caller does to it. */

import type { Case, CaseOptions, Progress } from '../harness/case.js'
import { contest } from '../harness/contest.js'
import { hear } from '../harness/one-answer.js'
import { sideBySide } from '../harness/side-by-side.js'
import type { Summary } from '../harness/statistics.js'
import type { Accuracy } from '../rate-limiter/accuracy.js'
import { howToInstall, install, missing } from '../rate-limiter/install.js'
import type { Entry } from '../rate-limiter/limiter.js'
import type { Occupied } from '../rate-limiter/occupied.js'
import { ROSTER } from '../rate-limiter/roster.js'
import { type Figure, tables } from '../rate-limiter/tables.js'

const ACCURACY = new URL('../rate-limiter/accuracy.js', import.meta.url)
const COST = new URL('../rate-limiter/cost.js', import.meta.url)
const OCCUPIED = new URL('../rate-limiter/occupied.js', import.meta.url)

/** Keys, operations a round, and parents that die. Queues, a hundred times slower, do fewer (`Entry.keys`). */
const SIZES = {
  quick: { keys: 10_000, operations: 40_000, dead: 20_000 },
  grid: { keys: 100_000, operations: 200_000, dead: 1_000_000 },
  full: { keys: 100_000, operations: 1_000_000, dead: 1_000_000 },
}

/** Of those that do fewer. */
const SLOW_QUICK_KEYS = 200

export const rateLimiter: Case = {
  name: 'rate-limiter',
  summary: 'ten a second, exactly? accuracy and cost beside five packages and the textbook algorithms',
  async run(options, progress) {
    const { entries, notes } = await takingPart(progress)
    const accuracy = await sideBySide(entries, async ({ name }) => {
      progress(`accuracy of ${name}`)
      return hear<Accuracy>({ name, file: ACCURACY, args: [name, options.size] })
    })
    const occupied = await sideBySide(entries, async entry => {
      progress(`bytes of ${entry.name}`)
      const dead = entry.keys === undefined ? SIZES[options.size].dead : keysOf(entry, options)
      return hear<Occupied>({
        name: entry.name,
        file: OCCUPIED,
        args: [entry.name, keysOf(entry, options), dead].map(String),
      })
    })
    const gates = entries.filter(({ kind }) => kind === 'gate')
    const grants = await timed('grant', entries, 0, options, progress)
    const aged = await timed('grant', gates, SIZES[options.size].dead, options, progress)
    const refusals = await timed('refusal', gates, 0, options, progress)
    const figures = entries.map((entry, at): Figure => {
      const { name, kind, clock, origin } = entry
      return {
        ...{ limiter: name, kind, clock, origin, keys: keysOf(entry, options) },
        ...accuracy[at],
        ...occupied[at],
        grantNs: grants.get(name) ?? null,
        agedNs: aged.get(name) ?? null,
        refusalNs: refusals.get(name) ?? null,
      }
    })
    return { figures, text: [...tables(figures), ...notes] }
  },
}

/** Packages that are not there are fetched; without them it goes on without them. */
async function takingPart(progress: Progress): Promise<{ entries: Entry[]; notes: string[] }> {
  const packages = [...new Set(ROSTER.flatMap(each => each.package ?? []))]
  let why: string | null = null
  if (missing(packages).length > 0) {
    progress('installing the packages of bench/package.json')
    why = await install()
  }
  const left = missing(packages)
  const entries = ROSTER.filter(each => each.package === undefined || !left.includes(each.package))
  return { entries, notes: left.length === 0 ? [] : ['', howToInstall(left, why)] }
}

function timed(
  what: 'grant' | 'refusal',
  entries: readonly Entry[],
  dead: number,
  options: CaseOptions,
  progress: Progress,
): Promise<Map<string, Summary>> {
  const contestants = entries.map(entry => {
    const operations = entry.keys === undefined ? SIZES[options.size].operations : keysOf(entry, options)
    return {
      name: entry.name,
      file: COST,
      args: [entry.name, what, keysOf(entry, options), operations, dead].map(String),
    }
  })
  return contest(contestants, options.rounds, done =>
    progress(`ns a ${what}${dead > 0 ? ', after many died' : ''}, round ${done} of ${options.rounds}`),
  )
}

function keysOf({ keys }: Entry, { size }: CaseOptions): number {
  if (keys === undefined) return SIZES[size].keys
  return size === 'quick' ? Math.min(keys, SLOW_QUICK_KEYS) : keys
}
