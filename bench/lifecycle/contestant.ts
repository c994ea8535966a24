/** The process of one contestant: `WAY CAST|AWAITED POPULATION EXIT CALLERS CYCLES`. */

import { compete } from '../harness/contest.js'
import { prepareTree } from './tree.js'
import { WAYS } from './ways.js'
import { prepare, type Shape } from './workload.js'

const [way, mode, population, exit, callers, cycles] = process.argv.slice(2)
const shape: Shape = {
  population: Number(population),
  exit: exit === 'random' ? 'random' : 'oldest',
  callers: Number(callers),
  cycles: Number(cycles),
  isAwaited: mode === 'awaited',
}

void compete(() => (way === 'tree' ? prepareTree(shape) : prepare(WAYS[way](shape.isAwaited), shape)))
