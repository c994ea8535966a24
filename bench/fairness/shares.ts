/** The process that counts who got how much of a shared cap: `CAP PARENTS GRANTS`, GRANTS a parent on average. */

import { tell } from '../harness/one-answer.js'
import { LIMIT, WINDOW_MS } from '../rate-limiter/limiter.js'
import { random } from '../rate-limiter/random.js'
import { CAPS } from './caps.js'
import { jain } from './jain.js'

export interface Shares {
  /** All ask as often, in an order by chance. */
  readonly equal: number
  /** All ask as often, in the same order each time: who comes first is served first. */
  readonly sameOrder: number
  /** Parent 0 asks a hundred times as often: Jain's index of the others. */
  readonly others: number
  /** How many times the others' average it got. */
  readonly greedyGets: number
  /** What part of an equal share the others have left, on average. */
  readonly othersKeep: number
}

const OVERLOAD = 3
/** Who asks within the same tick asks at the same time, one after the other. */
const TICK_MS = 500
const GREEDY = 100

async function sharesOf(cap: string, parents: number, grants: number): Promise<Shares> {
  const draw = random(1)
  const byChance = () => draw(parents)
  const greedy = () => {
    const drawn = draw(parents + GREEDY - 1)
    return drawn < parents ? drawn : 0
  }
  let turn = 0
  const inOrder = () => turn++ % parents
  const equal = await play(cap, parents, grants, OVERLOAD, byChance)
  const one = await play(cap, parents, grants, OVERLOAD, greedy)
  // In each window everybody asks once.
  const order = await play(cap, parents, Math.ceil(grants / 20), parents / LIMIT, inOrder)
  const others = one.slice(1)
  const average = others.reduce((sum, share) => sum + share, 0) / others.length
  const total = one.reduce((sum, share) => sum + share, 0)
  return {
    equal: jain(equal),
    sameOrder: jain(order),
    others: jain(others),
    greedyGets: one[0] / average,
    othersKeep: average / (total / parents),
  }
}

/** Grants by parent. All together ask `overload` times as often as the cap grants, until it could have granted so many. */
async function play(
  name: string,
  parents: number,
  grants: number,
  overload: number,
  next: () => number,
): Promise<number[]> {
  const cap = await CAPS[name](parents)
  const got = Array<number>(parents).fill(0)
  const asksATick = (LIMIT * overload * TICK_MS) / WINDOW_MS
  const ticks = (grants * parents * WINDOW_MS) / (LIMIT * TICK_MS)
  for (let tick = 0; tick < ticks; tick++) {
    await cap.moveTo(tick * TICK_MS)
    const asking = Array.from({ length: asksATick }, next)
    const granted = await Promise.all(asking.map(parent => cap.ask(parent)))
    for (const [at, isGranted] of granted.entries()) if (isGranted) got[asking[at]]++
  }
  return got
}

const [cap, parents, grants] = process.argv.slice(2)
void tell(() => sharesOf(cap, Number(parents), Number(grants)))
