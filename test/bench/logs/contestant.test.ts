/** Each way takes every line of a program to a file, and leaves nothing behind. */

import t from 'tap'
import { holdTrial } from '../../../bench/harness/trial.js'
import { WAYS } from '../../../bench/logs/ways.js'
import { hasKeeper } from '../../../src/keeper/program.js'

const FILE = new URL('../../../bench/logs/contestant.js', import.meta.url)

for (const name of Object.keys(WAYS)) {
  const skip = name === 'keeper' && !hasKeeper() ? 'no keeper is built' : false
  t.test(`${name}: every line arrives, and taking them costs CPU`, { skip }, async t => {
    const said = await holdTrial({ name, file: FILE, args: [name, '3000000', '0', '120'] })
    t.equal(said.lostLines, 0)
    t.ok(said.megabytesPerSecond > 0 && said.cpuMsAMegabyte > 0)
  })
}
