/** The process that weighs one limiter: `NAME KEYS DEAD`. Bytes a key that asked ten times, and what the dead leave. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { tell } from '../harness/one-answer.js'
import { FakeClock } from './fake-clock.js'
import { LIMIT, type Limiter } from './limiter.js'
import { entryOf } from './roster.js'

export interface Occupied {
  readonly bytesAKey: number
  readonly bytesADead: number
}

const OUTSTANDING = 512
/** A limiter may reuse what the dead gave back, so these live and die before anybody weighs. */
const WARM = 200_000

async function occupiedBy(name: string, keys: number, dead: number): Promise<Occupied> {
  const clock = new FakeClock()
  clock.install('reading')
  const entry = entryOf(name)
  const limiter = await entry.open(() => (entry.clock === 'wall' ? clock.wallMs : clock.monotonicMs))
  for (let key = 0; key < keys; key++) {
    limiter.meet?.(key)
    if (key % OUTSTANDING === 0) await turn()
  }
  const met = await occupied()
  for (let time = 0; time < LIMIT; time++) await each(0, keys, key => admit(limiter, key))
  const full = await occupied()
  const warm = Math.min(WARM, dead)
  await liveAndDie(limiter, clock, keys, warm)
  const before = await occupied()
  await liveAndDie(limiter, clock, keys + warm, dead)
  const after = await occupied()
  return { bytesAKey: (full - met) / keys, bytesADead: (after - before) / dead }
}

/** Parents that appear, are admitted once, and are gone. */
async function liveAndDie(limiter: Limiter, clock: FakeClock, from: number, count: number): Promise<void> {
  for (let first = from; first < from + count; first += OUTSTANDING) {
    const end = Math.min(first + OUTSTANDING, from + count)
    await each(first, end, key => {
      limiter.meet?.(key)
      return admit(limiter, key)
    })
    for (let key = first; key < end; key++) limiter.forget?.(key)
    clock.monotonicMs += 1
    await limiter.moved?.(1)
  }
}

async function admit(limiter: Limiter, key: number): Promise<void> {
  const waitMs = await limiter.ask(key)
  if (waitMs !== 0) throw new Error(`key ${key} was told to wait ${waitMs} ms`)
  if (limiter.drop !== undefined) limiter.drop(key)
  else limiter.record?.(key)
}

async function each(from: number, to: number, act: (key: number) => Promise<void>): Promise<void> {
  for (let first = from; first < to; first += OUTSTANDING) {
    const length = Math.min(OUTSTANDING, to - first)
    await Promise.all(Array.from({ length }, (_, at) => act(first + at)))
  }
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
  globalThis.SharedArrayBuffer = class extends SharedArrayBuffer {
    constructor(bytes: number) {
      super(bytes)
      made.push(new WeakRef(this))
    }
  } as typeof SharedArrayBuffer
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
