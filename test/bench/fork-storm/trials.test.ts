/** The trials beside the storms say what they measured, and leave nothing behind. */

import t from 'tap'
import { cCompiler } from '../../../bench/fork-storm/compiler.js'
import { isHeld } from '../../../bench/fork-storm/held.js'
import { IN_MEMORY, ON_DISK } from '../../../bench/fork-storm/kept-ways.js'
import { launchers } from '../../../bench/fork-storm/launchers.js'
import { BASELINE } from '../../../bench/fork-storm/lines.js'
import { holdTrial } from '../../../bench/harness/trial.js'

const fileOf = (name: string) => new URL(`../../../bench/fork-storm/${name}.js`, import.meta.url)

for (const name of [launchers()[0], BASELINE]) {
  t.test(`${name}: each exit is noticed, and costs CPU`, async t => {
    const said = await holdTrial({ name, file: fileOf('exits'), args: [name, '5', '20'] })
    t.ok(said.noticedP50Ms > 0 && said.noticedP50Ms <= said.noticedP99Ms)
    t.ok(said.cpuUsAnExit > 0)
  })
}

t.test('the program in C starts and reaps', { skip: cCompiler() === null ? 'no C compiler' : false }, async t => {
  const said = await holdTrial({ name: 'C', file: fileOf('posix-spawn'), args: ['C', '50', '1', '4'] })
  t.ok(said.spawnsPerSecond > 0)
})

for (const name of [IN_MEMORY, ON_DISK]) {
  t.test(`${name}: its service forks, and is gone`, async t => {
    const said = await holdTrial({ name, file: fileOf('kept'), args: [name, '200', '2'] })
    t.ok(said.spawnsPerSecond > 0)
  })
}

const isPortable = launchers()[0] === 'portable' ? 'portable mode loses forks that leave their group' : false

t.test('a storm with a hostile service is judged, and nothing is left of it', { skip: isPortable }, async t => {
  const said = await holdTrial({ name: 'deaf', file: fileOf('hostile'), args: ['deaf', '2', '3', '1000'] })
  t.ok(said.askP99Ms > 0 && said.askP99Ms <= said.askP99WorstMs)
  t.ok(said.samples > 0 && said.spawned > 0)
  t.equal(said.survivors, 0)
})

t.test(
  'a bystander is asked for quietly and beside a bomb that the kernel holds',
  { skip: isPortable || !isHeld('tasks') },
  async t => {
    const said = await holdTrial({ name: 'bomb', file: fileOf('bystander'), args: ['bomb', '19', '100'] })
    t.ok(said.quietAuthorizeP50Ms > 0 && said.quietAuthorizeP50Ms <= said.quietAuthorizeP99Ms)
    t.ok(said.authorizeP50Ms > 0 && said.authorizeP50Ms <= said.authorizeP99Ms)
    t.ok(said.refusedForks > 0 && said.mostTasks <= 100)
  },
)

t.test('a daemon whose services do nothing is measured with its keepers, and is gone', async t => {
  const name = launchers()[0]
  const env = { ESPALIER_LAUNCHER: name }
  const said = await holdTrial({ name, file: fileOf('standing'), args: [name, '2', '200'], env })
  t.ok(said.controlPssMib > 0 && said.idlePercent >= 0)
  t.equal(said.keeperPssKib > 0, name === 'keeper')
})
