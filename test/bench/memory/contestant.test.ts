import t from 'tap'
import { holdTrial } from '../../../bench/harness/trial.js'

const FILE = new URL('../../../bench/memory/contestant.js', import.meta.url)

/** What the heaps of two threads may give back meanwhile, in bytes: 13 MB were seen. It counts against the children. */
const GIVEN_BACK = 32 * 1024 * 1024
const POPULATION = 300_000

t.test('a child takes about what its tables hold, and nothing was forgotten to be filled', async t => {
  const said = await holdTrial({ name: 'memory', file: FILE, args: [String(POPULATION)], execArgv: ['--expose-gc'] })
  t.equal(said.tablesBytes, 164)
  const { fullBytes, tablesBytes } = said
  t.ok(fullBytes > tablesBytes - GIVEN_BACK / POPULATION, `${fullBytes} bytes a child`)
  t.ok(said.peakBytes >= said.fullBytes)
  t.ok(Object.values(said).every(Number.isFinite))
})
