import t from 'tap'
import { holdTrial } from '../../../bench/harness/trial.js'
import { PIDUSAGE, RESTING, SUMMED } from '../../../bench/meter/ways.js'

const FILE = new URL('../../../bench/meter/contestant.js', import.meta.url)

for (const name of [RESTING, SUMMED, PIDUSAGE]) {
  t.test(`${name}: a round measures every process, and costs CPU`, async t => {
    const said = await holdTrial({ name, file: FILE, args: [name, '20', '5'] })
    t.ok(said.roundMs > 0 && said.roundMs <= said.roundMaxMs)
    t.ok(said.coreShare > 0 && said.coreShare < 1)
  })
}
