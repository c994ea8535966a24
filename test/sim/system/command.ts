/** `npm run sim -- --seed N --seeds COUNT [--canary]`. */

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { CANARIES } from './canaries.js'
import { type Outcome, runSeed } from './seed.js'

/** Seeds are below this. */
const SEEDS = 2 ** 32
const SEEDS_MAX = 10_000_000
const SEEDS_DEFAULT = 1000
/** A planted bug must be found within this many seeds. */
export const CANARY_SEEDS_MAX = 400
/** Steps shown of a seed that fails. */
const SHOWN = 40
const TOLD_EVERY_MS = 2000

const USAGE = `usage: npm run sim -- [--seed N] [--seeds COUNT] [--canary]

  --seed N       first seed, 0 to ${SEEDS - 1}; drawn and printed when absent
  --seeds COUNT  how many, one after another: 1 to ${SEEDS_MAX}, default ${SEEDS_DEFAULT}
  --canary       plants each known bug in turn; each must be found within ${CANARY_SEEDS_MAX} seeds`

/** `progress` hears every two seconds how far it is. Exit code: 0 when nothing was violated (with --canary: when every bug was found), 1 when not, 2 for wrong arguments. */
export async function simulate(
  args: readonly string[],
  say: (line: string) => void,
  progress: (line: string) => void = () => undefined,
): Promise<number> {
  const wanted = readArguments(args)
  if (typeof wanted === 'string') {
    say(`sim: ${wanted}\n\n${USAGE}`)
    return 2
  }
  const { seed, seeds, canary } = wanted
  return canary ? findCanaries(seed, say) : hold(seed, seeds, say, progress)
}

async function hold(
  first: number,
  seeds: number,
  say: (line: string) => void,
  progress: (line: string) => void,
): Promise<number> {
  say(`seeds ${first} to ${(first + seeds - 1) % SEEDS}`)
  const reached = new Map<string, number>()
  const began = performance.now()
  let told = began
  let steps = 0
  for (let done = 0; done < seeds; done++) {
    const seed = (first + done) % SEEDS
    const outcome = await runSeed(seed, null, reached)
    steps += outcome.steps
    if (outcome.violation !== null) {
      await explain(seed, outcome, say)
      return 1
    }
    const now = performance.now()
    if (now - told < TOLD_EVERY_MS && done + 1 < seeds) continue
    told = now
    const leftS = Math.round((((now - began) / (done + 1)) * (seeds - done - 1)) / 1000)
    progress(`${done + 1} of ${seeds} seeds, ${steps} steps, ${leftS} s left`)
  }
  say(
    `held: ${seeds} seeds, ${steps} steps; refusals: ${[...reached]
      .sort()
      .map(([code, count]) => `${code} ${count}`)
      .join(', ')}`,
  )
  return 0
}

/** Fewer steps of the same seed may fail already: the shortest run that does is shown. */
async function explain(seed: number, outcome: Outcome, say: (line: string) => void): Promise<void> {
  const shorter = await shorten(seed, outcome)
  say(shorter.history.slice(0, 3).join('\n'))
  say(`...\n${shorter.history.slice(3).slice(-SHOWN).join('\n')}`)
  say(`seed ${seed} violates, after ${shorter.steps} steps (${outcome.steps} as drawn):\n${shorter.violation}`)
  say(`again: npm run sim -- --seed ${seed} --seeds 1`)
}

async function shorten(seed: number, outcome: Outcome): Promise<Outcome> {
  let shortest = outcome
  for (let steps = 1; steps < outcome.steps; steps++) {
    const shorter = await runSeed(seed, null, new Map(), steps)
    if (shorter.violation !== null) return shorter
    if (shorter.steps < steps) break
    shortest = outcome
  }
  return shortest
}

async function findCanaries(first: number, say: (line: string) => void): Promise<number> {
  say(`seeds from ${first}`)
  let missed = 0
  for (const canary of CANARIES) {
    const tried = await seedsUntilFound(canary.name, first)
    if (tried.violation === null) missed++
    say(
      `${canary.name}: ${canary.what}; ${tried.violation === null ? `NOT found in ${tried.seeds} seeds` : `found at seed ${tried.seed}: ${tried.violation.split('\n')[0]}`}`,
    )
  }
  return missed === 0 ? 0 : 1
}

/** Plays seeds with this bug planted until one is violated. @throws for a name that no canary has */
export async function seedsUntilFound(name: string, first: number) {
  const canary = CANARIES.find(one => one.name === name)
  if (canary === undefined) throw new Error(`no canary ${name}`)
  for (let tried = 0; tried < CANARY_SEEDS_MAX; tried++) {
    const seed = (first + tried) % SEEDS
    const { violation } = await runSeed(seed, canary, new Map())
    if (violation !== null) return { seed, seeds: tried + 1, violation }
  }
  return { seed: first, seeds: CANARY_SEEDS_MAX, violation: null }
}

function readArguments(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { seed: { type: 'string' }, seeds: { type: 'string' }, canary: { type: 'boolean' } },
    })
    const seed = Number(values.seed ?? randomInt(SEEDS))
    const seeds = Number(values.seeds ?? SEEDS_DEFAULT)
    if (!isWhole(seed, 0, SEEDS - 1))
      return `--seed is '${values.seed}'; it takes a whole number from 0 to ${SEEDS - 1}`
    if (!isWhole(seeds, 1, SEEDS_MAX))
      return `--seeds is '${values.seeds}'; it takes a whole number from 1 to ${SEEDS_MAX}`
    return { seed, seeds, canary: values.canary ?? false }
  } catch (error) {
    if (error instanceof TypeError && 'code' in error) return error.message
    throw error
  }
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
