/** The process of one contestant: `WAY CAST|AWAITED POPULATION EXIT CALLERS CYCLES`. */

import { tuneCompiler } from '../../src/threads/compiler.js'
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

// The product does it where hosts start; here every contestant gets the same compiler.
tuneCompiler(process.env)
void compete(() => (way === 'tree' ? prepareTree(shape) : prepare(WAYS[way](shape.isAwaited), shape)))
