import t from 'tap'
import { type Known, parentOf } from '../../../src/keeper/known.js'
import type { LaunchRequest } from '../../../src/launch.js'

const known = (startTicks: number) => ({ kept: { pid: 7, startTicks } }) as Known
const below = (parentPid: number | null, parentStartTicks: number | null) =>
  ({ command: 'true', parentPid, parentStartTicks }) as LaunchRequest

const [younger, older] = [known(20), known(10)]
const PLACES = [new Map([[7, younger]]), new Map([[7, older]])]

t.test('a parent is known by its start ticks, ended ones too', async t => {
  t.equal(parentOf(below(7, 20), PLACES), younger)
  t.equal(parentOf(below(7, 10), PLACES), older)
  t.equal(parentOf(below(7, null), PLACES), younger, 'without ticks whoever lives has the pid')
  t.equal(parentOf(below(8, null), PLACES), undefined)
  t.equal(parentOf(below(null, null), PLACES), undefined)
})

t.test('nothing is launched below a process of which only the pid is left', async t => {
  t.throws(() => parentOf(below(7, 15), PLACES), { code: 'launch_failed', message: /its parent 7 has ended/ })
})
