/** The process that weighs one limiter: `NAME KEYS DEAD`. Bytes a key that asked ten times, and what the dead leave. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { tell } from '../harness/one-answer.js'
import { admit, each, liveAndDie } from './dying.js'
import { FakeClock } from './fake-clock.js'
import { LIMIT } from './limiter.js'
import { entryOf } from './roster.js'

export interface Occupied {
  readonly bytesAKey: number
  readonly bytesADead: number
  /** How many died. */
  readonly dead: number
}

/** Keys met at a time. */
const MET = 512
/** A limiter may reuse what the dead gave back, so these live and die before anybody weighs. */
const WARM = 200_000

async function occupiedBy(name: string, keys: number, dead: number): Promise<Occupied> {
  const clock = new FakeClock()
  clock.install('reading')
  const entry = entryOf(name)
  const limiter = await entry.open(() => (entry.clock === 'wall' ? clock.wallMs : clock.monotonicMs))
  for (let key = 0; key < keys; key++) {
    limiter.meet?.(key)
    if (key % MET === 0) await turn()
  }
  const met = await occupied()
  for (let time = 0; time < LIMIT; time++) await each(0, keys, key => admit(limiter, key))
  const full = await occupied()
  const warm = Math.min(WARM, dead)
  await liveAndDie(limiter, clock, keys, warm)
  const before = await occupied()
  await liveAndDie(limiter, clock, keys + warm, dead)
  const after = await occupied()
  return { bytesAKey: (full - met) / keys, bytesADead: (after - before) / dead, dead }
}

/** Bytes on the heap and beside it, shared memory too, when garbage has gone. */
async function occupied(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (let time = 0; time < 3; time++) {
    await turn()
    collect()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external + sharedBytes()
}

/** Shared memory is in none of Node's figures, so each piece is noted when it is made. */
function noteSharedMemory(): () => number {
  const made: WeakRef<SharedArrayBuffer>[] = []
  // What can grow is made with a second argument, which the types do not know yet.
  const Original = SharedArrayBuffer as unknown as new (...args: readonly unknown[]) => SharedArrayBuffer
  globalThis.SharedArrayBuffer = class extends Original {
    constructor(...args: readonly unknown[]) {
      super(...args)
      made.push(new WeakRef(this))
    }
  } as unknown as typeof SharedArrayBuffer
  return () => made.reduce((sum, piece) => sum + (piece.deref()?.byteLength ?? 0), 0)
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** Timers are real, so that they weigh what they weigh, and late, so that none lets go of a key while it is weighed. */
function delayTimers(): void {
  const set = setTimeout
  const late = (run: () => void, ms = 0) => set(run, ms * 1000)
  Object.assign(globalThis, { setTimeout: late })
}

delayTimers()
const sharedBytes = noteSharedMemory()
const [name, keys, dead] = process.argv.slice(2)
void tell(() => occupiedBy(name, Number(keys), Number(dead)))
