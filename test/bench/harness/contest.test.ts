/** Contestants are real processes here too. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { type Contestant, contest } from '../../../bench/harness/contest.js'

const HARNESS = new URL('../../../bench/harness/contest.js', import.meta.url).href

/** Contestants by name, whose rounds do what their bodies say; `round` counts. */
function contestants(t: Test, bodies: Readonly<Record<string, string>>): Contestant[] {
  const folder = t.testdir()
  return Object.entries(bodies).map(([name, body]) => {
    const path = join(folder, `${name}.mjs`)
    const lines = [
      `import { compete } from '${HARNESS}'`,
      'let round = 0',
      'compete(async () => async () => {',
      'round++',
      body,
      '})',
    ]
    writeFileSync(path, lines.join('\n'))
    return { name, file: pathToFileURL(path), args: [] }
  })
}

t.test('the first round is to get warm, the others count, in turn', async t => {
  const rounds: number[] = []
  const two = contestants(t, { a: 'return round * 10', b: 'return 7' })
  const summaries = await contest(two, 3, done => rounds.push(done))
  t.match(summaries.get('a'), { median: 30, rounds: 3 })
  t.match(summaries.get('b'), { median: 7, rounds: 3 })
  t.same(rounds, [0, 1, 2, 3])
})

t.test('one that fails or dies ends the contest with its name', async t => {
  const [failing, dying] = contestants(t, { a: 'throw new Error("no luck")', b: 'process.exit(3)' })
  const quietly = () => undefined
  await t.rejects(contest([failing], 1, quietly), { message: /a failed.*no luck/ })
  await t.rejects(contest([dying], 1, quietly), { message: /b ended \(3\)/ })
})
