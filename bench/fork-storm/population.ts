/** The process of a population: `WAY CHILDREN`. Brings up so many cheap programs of one service, then ends them. */

import { createSupervisor } from '../../src/index.js'
import { tell } from '../harness/one-answer.js'
import { survivorsOf } from './survivors.js'
import { openWay } from './ways.js'

const SERVICE = 'svc'
/** A child ends by itself after so long, in seconds, should everybody who could end it be gone. */
const LIFE_S = 120

const [wayName, children] = process.argv.slice(2)

void tell(async () => {
  const count = Number(children)
  const supervisor = createSupervisor()
  await supervisor.registerService(SERVICE, { children: count, descendants: count, rate: 'none' })
  const way = openWay(wayName, supervisor)
  const begunMs = performance.now()
  const started = await Promise.all(Array.from({ length: count }, () => way.start(SERVICE, 'sleep', [String(LIFE_S)])))
  const upMs = performance.now()
  await way.end(SERVICE)
  const downMs = performance.now()
  await supervisor.close()
  const pids = started.map(one => one?.pid ?? 0)
  if (pids.includes(0)) throw new Error('a child within the limits was refused')
  const left = survivorsOf(pids)
  if (left.length > 0) throw new Error(`${left.length} children are left, pid ${left[0]} among them`)
  return { upMs: upMs - begunMs, downMs: downMs - upMs }
})
