/** Trials are real processes here too. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { holdTrials, type Trial } from '../../../bench/harness/trial.js'

const HARNESS = new URL('../../../bench/harness/one-answer.js', import.meta.url).href
const quietly = () => undefined

/** A trial whose measuring does what its body says. */
function trial(t: Test, name: string, body: string): Trial {
  const path = join(t.testdir(), `${name}.mjs`)
  writeFileSync(path, [`import { tell } from '${HARNESS}'`, 'tell(async () => {', body, '})'].join('\n'))
  return { name, file: pathToFileURL(path), args: ['3'], env: { BENCH_WORD: '4' } }
}

t.test('a trial says several figures, and each is summarized over the rounds', async t => {
  const heard: string[] = []
  const it = trial(t, 'a', 'return { args: Number(process.argv[2]), env: Number(process.env.BENCH_WORD) }')
  const summaries = await holdTrials([it], 2, (name, round) => heard.push(`${name}${round}`))
  t.same(summaries.get('a'), { args: { median: 3, spread: 0, rounds: 2 }, env: { median: 4, spread: 0, rounds: 2 } })
  t.same(heard, ['a1', 'a2'])
})

t.test('one that fails or dies ends the bench with its name and the reason', async t => {
  const failing = trial(t, 'failing', 'throw new Error("no luck")')
  await t.rejects(holdTrials([failing], 1, quietly), { message: /failing failed.*no luck/ })
  const dying = trial(t, 'dying', 'process.exit(3)')
  await t.rejects(holdTrials([dying], 1, quietly), { message: /dying ended \(3\)/ })
})
