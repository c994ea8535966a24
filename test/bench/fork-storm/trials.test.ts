/** The trials beside the storms say what they measured, and leave nothing behind. */

import t from 'tap'
import { cCompiler } from '../../../bench/fork-storm/compiler.js'
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
