import t from 'tap'
import { holdTrial } from '../../../bench/harness/trial.js'

const FILE = new URL('../../../bench/memory/contestant.js', import.meta.url)

t.test('a child takes about what its tables hold, and nothing was forgotten to be filled', async t => {
  const said = await holdTrial({ name: 'memory', file: FILE, args: ['100000'], execArgv: ['--expose-gc'] })
  t.equal(said.tablesBytes, 164)
  // What the heap gave back meanwhile, some megabytes at times, counts against it.
  t.ok(said.fullBytes > said.tablesBytes / 2, `${said.fullBytes} bytes a child`)
  t.ok(said.peakBytes >= said.fullBytes)
  t.ok(Object.values(said).every(Number.isFinite))
})
