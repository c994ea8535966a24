/**
 * The process that times one limiter: `NAME GRANT|REFUSAL KEYS OPERATIONS DEAD`. It asks for each key in turn, after so many
 * others have died; what it is told of the time costs nobody anything. A round says ns an operation.
 */

import { setTimeout as delay } from 'node:timers/promises'
import { compete } from '../harness/contest.js'
import { liveAndDie } from './dying.js'
import { FakeClock } from './fake-clock.js'
import { LIMIT, type Limiter, WINDOW_MS } from './limiter.js'
import { entryOf } from './roster.js'

/** Questions under way at once, for those that answer later. */
const OUTSTANDING = 1024
/** Between two asks of a key: nine a second, so that its log is nearly full and nobody is refused. */
const PASS_MS = Math.ceil(WINDOW_MS / (LIMIT - 1))

const [name, what, keys, operations, dead] = process.argv.slice(2)

void compete(async () => {
  const real = performance.now.bind(performance)
  const clock = new FakeClock()
  const isGrant = what === 'grant'
  // Refusals are measured while time stands still: no timer may forgive a key.
  clock.install(isGrant ? 'reading' : 'timers')
  const entry = entryOf(name)
  const limiter = await entry.open(() => (entry.clock === 'wall' ? clock.wallMs : clock.monotonicMs))
  await liveAndDie(limiter, clock, Number(keys), Number(dead))
  const pass = (isAdmitted: boolean) => askAll(limiter, Number(keys), isAdmitted)
  const move = async () => {
    clock.monotonicMs += PASS_MS
    await limiter.moved?.(PASS_MS)
    if (entry.pauseMs !== undefined) await delay(entry.pauseMs)
  }
  // Logs are nearly full when the first round begins; one that needs real time for a pass begins nearly empty.
  const filling = entry.pauseMs === undefined ? LIMIT : 1
  for (let at = 0; at < filling; at++) {
    if (isGrant) await move()
    await pass(true)
  }
  const passes = entry.pauseMs === undefined ? Math.max(1, Math.round(Number(operations) / Number(keys))) : 1
  return async () => {
    let tookMs = 0
    for (let at = 0; at < passes; at++) {
      if (isGrant) await move()
      const begunMs = real()
      await pass(isGrant)
      tookMs += real() - begunMs
    }
    return (tookMs * 1e6) / (passes * Number(keys))
  }
})

/** Once each key. @throws {Error} when an answer is not what it must be */
async function askAll(limiter: Limiter, keys: number, isAdmitted: boolean): Promise<void> {
  let outstanding: Promise<number>[] = []
  const hear = (key: number, waitMs: number) => {
    if ((waitMs === 0) !== isAdmitted)
      throw new Error(`key ${key} was told ${waitMs}, not ${isAdmitted ? 'admitted' : 'refused'}`)
    if (waitMs !== 0) return
    if (limiter.drop !== undefined) limiter.drop(key)
    else limiter.record?.(key)
  }
  for (let key = 0; key < keys; key++) {
    const answer = limiter.ask(key)
    if (typeof answer === 'number') {
      hear(key, answer)
      continue
    }
    outstanding.push(answer)
    if (outstanding.length < OUTSTANDING && key < keys - 1) continue
    const first = key - outstanding.length + 1
    const answers = await Promise.all(outstanding)
    for (const [at, waitMs] of answers.entries()) hear(first + at, waitMs)
    outstanding = []
  }
}
