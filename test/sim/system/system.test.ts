/** A slice of the simulation of the whole system; `npm run sim` plays as many seeds as there is time for. */

import t from 'tap'
import { CANARIES } from './canaries.js'
import { CANARY_SEEDS_MAX, seedsUntilFound, simulate } from './command.js'
import { runSeed } from './seed.js'

const SEED = Number(process.env.ESPALIER_SEED ?? 1)
const SEEDS = 12 * Number(process.env.ESPALIER_RUNS ?? 1)

t.test('the system holds through deaths, delays, used pids and a full disk', async t => {
  t.comment(`seed ${SEED}, ${SEEDS} seeds`)
  const said: string[] = []
  t.equal(await simulate(['--seed', `${SEED}`, '--seeds', `${SEEDS}`], line => said.push(line)), 0, said.join('\n'))
})

t.test('a seed is played alike twice', async t => {
  const [first, second] = [await runSeed(SEED, null, new Map()), await runSeed(SEED, null, new Map())]
  t.same(second, first)
  t.ok(first.history.length > 3)
})

for (const { name, what } of CANARIES)
  t.test(`it finds that ${what}`, async t => {
    const { seed, seeds, violation } = await seedsUntilFound(name, SEED)
    t.ok(violation, `within ${CANARY_SEEDS_MAX} seeds from ${SEED}`)
    t.comment(`seed ${seed}, the ${seeds}th: ${violation?.split('\n')[0]}`)
  })

t.test('wrong arguments are told with what would be right', async t => {
  const said: string[] = []
  t.equal(await simulate(['--seeds', 'many'], line => said.push(line)), 2)
  t.match(said.join('\n'), /--seeds is 'many'; it takes a whole number from 1 to.*\n\nusage: npm run sim/)
})
