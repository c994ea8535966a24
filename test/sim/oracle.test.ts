/**
 * Random operations under limits drawn per run, each answer compared with the oracle's. A failure prints its program;
 * `ESPALIER_SEED` repeats a campaign, `ESPALIER_RUNS` multiplies it.
 */

import fc from 'fast-check'
import t from 'tap'
import { openWorld, type Place } from '../support/world.js'
import { type Program, program } from './draw.js'
import { play } from './play.js'

const SEED = Number(process.env.ESPALIER_SEED ?? Math.floor(Math.random() * 2 ** 31))
const TIMES = Number(process.env.ESPALIER_RUNS ?? 1)
const RUNS: readonly (readonly [Place, number])[] = [
  ['inline', 150],
  ['1 host', 8],
  ['2 hosts', 5],
]

/** What one caller who waits for each answer can be refused with; `busy` and `shutting_down` have examples. */
const REACHABLE = [
  'rate_limit',
  'no_tree',
  'depth_limit',
  'descendant_limit',
  'memory_quota',
  'child_limit',
  'parent_exited',
  'ttl_limit',
  'service_rate_limit',
  'lifetime_limit',
]

const reached = new Set<string>()

for (const [place, runs] of RUNS)
  t.test(`every answer is the oracle's (${place})`, async t => {
    t.comment(`seed ${SEED}, ${runs * TIMES} runs`)
    let steps = 0
    const property = fc.asyncProperty(program, async drawn => {
      steps += drawn.steps.length
      await playIn(place, drawn)
    })
    const inline = place === 'inline'
    const details = await fc.check(property, { seed: SEED, numRuns: runs * TIMES, endOnFailure: !inline })
    const cause = details.errorInstance
    t.notOk(
      details.failed,
      `seed ${SEED} path ${details.counterexamplePath}: ${cause instanceof Error ? cause.message : cause}`,
    )
    t.comment(`${steps} steps`)
  })

t.test('every refusal was reached', async t => {
  t.same([...reached].sort(), [...REACHABLE].sort())
})

async function playIn(place: Place, drawn: Program): Promise<void> {
  const world = openWorld(place)
  try {
    await play(drawn, world, reached)
  } finally {
    await world.supervisor.close()
  }
}
