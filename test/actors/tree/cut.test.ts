/** An operation cut short between any two of its writes has not happened, and can be asked for again. */

import fc from 'fast-check'
import t from 'tap'
import type { ChildInput } from '../../../protocol/children.js'
import { ANSWER, OP, R_KNOWN, ticketGeneration, ticketNumber, ticketSlot } from '../../../protocol/lane/operations.js'
import { parseLimits } from '../../../protocol/limit-parse.js'
import type { LimitsInput } from '../../../protocol/limits.js'
import * as encode from '../../../src/lane/encode.js'
import type { Lane } from '../../../src/lane/lane.js'
import { dump } from './dump.js'
import { Cut, copy, frame, fresh, type Remains, Rig } from './rig.js'

const LONG = 'node worker.js '.repeat(40)
const LIMITS: readonly LimitsInput[] = [
  { children: 6, rate: { limit: 3, windowMs: 1000 }, serviceRate: { limit: 6, windowMs: 2000 }, keepExited: 2 },
  { children: 4, rate: 'none', terminationPolicy: 'reparent', totalMemory: 5000, memoryAction: 'kill_largest' },
  { counting: 'tracked', rate: { limit: 400, windowMs: 60_000 } },
  { strict: true, countPeripherals: true, ticketTtlMs: 20, terminationPolicy: 'orphan', lifetime: 40 },
].map(limits => limits as LimitsInput)

const ROOTS = [10, 20, 11, 21]
/** Pids of children; the roots speak too. */
const PIDS = [100, 101, 102, 103, 104, 105, 106, 107]
const pick = <T>(from: readonly T[], at: number): T => from[at % from.length]

/** How each kind of operation is drawn from two numbers. */
const OPERATIONS: Record<string, (lane: Lane, a: number, b: number, tickets: readonly number[]) => number> = {
  authorize: (lane, a, b) =>
    encode.encodeAuthorize(lane, pick([...ROOTS, ...PIDS], a), 0, pick([null, null, 50], b), ''),
  authorizeVirtual: (lane, a) => encode.encodeAuthorize(lane, 0, 1 + (a % 2), null, ''),
  authorizeMany: (lane, a, b) => {
    const requests = [0, 1, 2].map(more => ({ parentPid: pick([...ROOTS, ...PIDS], a + more * b), childName: 'a' }))
    return encode.encodeAuthorizeMany(lane, requests, 0, 3)
  },
  recordTicket: (lane, a, b, tickets) =>
    encode.encodeRecord(lane, pick(ROOTS, b), child(a), tickets.at(-1) ?? null, 0, 0),
  recordOldTicket: (lane, a, b, tickets) =>
    encode.encodeRecord(lane, pick([...ROOTS, ...PIDS], b), child(a), pick([...tickets, null], b), 0, 0),
  recordKnown: (lane, a, b) => encode.encodeRecord(lane, pick(ROOTS, b), child(a), null, 0, R_KNOWN),
  recordBare: (lane, a, b) => encode.encodeRecord(lane, pick([...ROOTS, ...PIDS], b), child(a), null, 0, 0),
  recordLong: (lane, a, b) =>
    encode.encodeRecord(lane, pick(ROOTS, b), { ...child(a), command: LONG, ttlMs: 40 }, null, 0, 0),
  recordPeripheral: (lane, a, b) =>
    encode.encodeRecord(lane, pick([...ROOTS, ...PIDS], b), { ...child(a), kind: 'peripheral' }, null, 0, 0),
  recordOther: (lane, a, b) => encode.encodeRecord(lane, pick(ROOTS, b), { ...child(a), startTicks: b }, null, 0, 0),
  recordExited: (lane, a, b) =>
    encode.encodeRecord(lane, pick(ROOTS, b), { ...child(a), lastExit: { exitCode: 1 } }, null, 0, 0),
  exit: (lane, a) => encode.encodeExit(lane, pick(PIDS, a), { signal: 9 }),
  exitRoot: (lane, a) => encode.encodeExit(lane, pick(ROOTS, a), { exitCode: 0 }),
  metrics: (lane, a, b) => encode.encodeMetrics(lane, pick([...ROOTS, ...PIDS], a), 1.5, (b % 5) * 1000),
  serviceMemory: (lane, a, b) => encode.encodeServiceMemory(lane, 1 + (a % 3), b % 4 === 0 ? null : (b % 5) * 1000),
  removeChild: (lane, a) => encode.encodePlain(lane, OP.removeChild, pick(PIDS, a)),
  removeSubtree: (lane, a) => encode.encodePlain(lane, OP.removeSubtree, pick(PIDS, a)),
  release: (lane, a, _b, tickets) => {
    const ticket = pick([...tickets, ticketNumber(0, 9, 1)], a)
    return encode.encodePlain(lane, OP.release, ticketSlot(ticket), ticketGeneration(ticket))
  },
  register: (lane, a, b) => encode.encodeService(lane, 1 + (a % 3), `svc${1 + (a % 3)}`, parseLimits(pick(LIMITS, b))),
  registerRoot: (lane, a, b) => encode.encodeRoot(lane, 1 + (b % 2), pick([...ROOTS, 100], a), b % 7),
  unregisterRoot: (lane, a) => encode.encodePlain(lane, OP.unregisterRoot, pick(ROOTS, a)),
  endService: (lane, a) => encode.encodePlain(lane, OP.endService, 1 + (a % 3)),
  forgetService: (lane, a) => encode.encodePlain(lane, OP.forgetService, 1 + (a % 3)),
  order: (lane, a, b) => encode.encodePlain(lane, OP.order, pick([...ROOTS, ...PIDS], a), 3 + (b % 4)),
  supersede: (lane, a, b) => encode.encodeSupersede(lane, pick([...ROOTS, ...PIDS], a), b),
}
const KINDS = Object.keys(OPERATIONS)

function child(a: number): ChildInput {
  return { name: `child-${a}`, pid: pick(PIDS, a), rssBytes: (a % 3) * 900 }
}

/** `a` and `b` pick among few, so that operations meet. */
const step = fc.record({
  kind: fc.constantFrom(...KINDS),
  a: fc.nat(999),
  b: fc.nat(999),
  passMs: fc.constantFrom(0, 0, 0, 5, 30, 1000),
})
interface Step {
  readonly kind: string
  readonly a: number
  readonly b: number
}

t.test('an operation that is cut short has not happened', async t => {
  const histories = fc.array(step, { minLength: 5, maxLength: 40 })
  fc.assert(
    fc.property(histories, steps => {
      const remains = begun()
      let nowMs = 100
      const tickets: number[] = []
      for (const one of steps) {
        nowMs += one.passMs
        const operation = encoded(one, tickets)
        keepTicket(cutEverywhere(remains, operation, nowMs).answers, tickets)
      }
    }),
    { numRuns: 25 * Number(process.env.ESPALIER_RUNS ?? 1) },
  )
  t.pass('for every operation, between any two writes')
})

t.test('each kind of operation is cut at least once, and some in a hundred places', async t => {
  const remains = begun()
  let nowMs = 100
  const tickets: number[] = []
  const cuts = new Map<string, number>()
  for (let round = 0; round < 6; round++) {
    for (const [index, kind] of KINDS.entries()) {
      const operation = encoded({ kind, a: round * 7 + index, b: round + index * 3 }, tickets)
      const { places, answers } = cutEverywhere(remains, operation, ++nowMs)
      cuts.set(kind, (cuts.get(kind) ?? 0) + places)
      keepTicket(answers, tickets)
    }
  }
  for (const kind of KINDS) t.ok((cuts.get(kind) ?? 0) > 0, `${kind}: ${cuts.get(kind)} places`)
  t.ok([...cuts.values()].some(places => places > 100))
})

/**
 * Applies an operation to `remains`, after it was tried on copies that die at each write in turn: their successors know
 * what was known before, and what is known after once they are asked again.
 */
function cutEverywhere(remains: Remains, operation: Int32Array, nowMs: number): { places: number; answers: number[] } {
  const before = settled(copy(remains), nowMs)
  const whole = copy(remains)
  const rig = new Rig(whole)
  rig.take(operation, nowMs)
  const answers = rig.answers()
  const after = dump(rig.grove)
  const settledAfter = settled(copy(whole), nowMs)
  let places = 0
  for (; ; places++) {
    const dying = copy(remains)
    const died = cutAt(dying, operation, nowMs, places)
    if (died === 'never') break
    const successor = copy(dying)
    same(settled(dying, nowMs), died === 'before' ? before : settledAfter, `cut at write ${places}, what was known`)
    if (died === 'after') continue
    const second = new Rig(successor)
    second.take(operation, nowMs)
    // Without the slot and the generation of a ticket, which may be others.
    same(second.answers().slice(0, 4), answers.slice(0, 4), `cut at write ${places}, the answer`)
    same(dump(second.grove), after, `cut at write ${places}, and asked again`)
  }
  remains.buffers = whole.buffers
  new Int32Array(remains.pids).set(new Int32Array(whole.pids))
  const { undone, corrected } = new Rig(copy(remains)).recovery
  if (undone || corrected > 0) throw new Error('what was not cut needed a recovery')
  return { places, answers }
}

/** Lets the host die at a write: before the operation was committed, after it, or never, for there are not so many. */
function cutAt(remains: Remains, operation: Int32Array, nowMs: number, writes: number): 'before' | 'after' | 'never' {
  const rig = new Rig(remains)
  const applied = rig.grove.applied
  try {
    rig.take(operation, nowMs, writes)
    return 'never'
  } catch (error) {
    if (!(error instanceof Cut)) throw error
    return rig.grove.applied === applied ? 'before' : 'after'
  }
}

/** What is known once time has passed for every service: overdue tickets leave when somebody looks, cut or not. */
function settled(remains: Remains, nowMs: number): unknown {
  const rig = new Rig(remains)
  rig.take(new Int32Array(0), nowMs)
  for (const id of rig.grove.services.keys())
    rig.take(
      frame(lane => encode.encodePlain(lane, OP.canSpawn, id, 0)),
      nowMs,
    )
  return dump(rig.grove)
}

function same(found: unknown, wanted: unknown, what: string): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (left === right) return
  let at = 0
  while (left[at] === right[at]) at++
  throw new Error(`${what}: ...${left.slice(Math.max(0, at - 200), at + 60)} is not ...${right.slice(at, at + 60)}`)
}

/** Two services with a root each. */
function begun(): Remains {
  const remains = fresh()
  const rig = new Rig(remains)
  rig.take(
    frame(lane => {
      for (const id of [1, 2]) {
        encode.encodeService(lane, id, `svc${id}`, parseLimits(LIMITS[id - 1]))
        encode.encodeRoot(lane, id, 10 * id, 5)
      }
    }),
    100,
  )
  rig.outbox.takeAnswers()
  return remains
}

function keepTicket(answers: readonly number[], tickets: number[]): void {
  if ((answers[0] & 255) === ANSWER.grant) tickets.push(ticketNumber(0, answers[4], answers[5]))
}

function encoded({ kind, a, b }: Step, tickets: readonly number[]): Int32Array {
  return frame(lane => {
    const at = OPERATIONS[kind](lane, a, b, tickets)
    lane.out[at + 1] = 0
  })
}
