/** What becomes of operations when the host behind a lane dies. */

import t from 'tap'
import { EspalierError } from '../../../protocol/failures.js'
import { ANSWER, ANSWER_HEAD, OP, writeFloat } from '../../../protocol/lane/operations.js'
import { encodePlain } from '../../../src/lane/encode.js'
import { Lane } from '../../../src/lane/lane.js'
import type { Link } from '../../../src/lane/link.js'

/** A link that keeps what is posted. */
function deadEnd(): Link & { readonly frames: Int32Array[] } {
  const frames: Int32Array[] = []
  return {
    frames,
    post: frame => void frames.push(frame),
    drain: () => undefined,
    report: async () => ({ services: [] }),
    close: async () => undefined,
  }
}

/** The pids in a frame, and whether each is called or cast. */
function said(frame: Int32Array): [number, 'call' | 'cast'][] {
  const operations: [number, 'call' | 'cast'][] = []
  for (let at = 0; at < frame.length; at += frame[at] >>> 8) {
    operations.push([frame[at + 2], frame[at + 1] === -1 ? 'cast' : 'call'])
  }
  return operations
}

function removing(lane: Lane, pid: number): number {
  return encodePlain(lane, OP.removeChild, pid)
}

/** Says that `applied` operations were applied, and answers `id` with nothing. */
function answer(applied: number, ...ids: number[]): Int32Array {
  const ints = new Int32Array(ANSWER_HEAD + ids.length * 2)
  writeFloat(ints, 0, applied)
  ids.forEach((id, at) => {
    ints[ANSWER_HEAD + at * 2] = (2 << 8) | ANSWER.none
    ints[ANSWER_HEAD + at * 2 + 1] = id
  })
  return ints
}

t.test('calls fail, casts not applied are sent to the successor, in their order', async t => {
  const lane = new Lane(0, 100, () => null)
  lane.attach(deadEnd(), 0)
  for (const pid of [1, 2]) removing(lane, pid)
  const call = lane.call(removing(lane, 3))
  for (const pid of [4, 5]) removing(lane, pid)
  await Promise.resolve()
  removing(lane, 6)
  t.same(lane.lost(1, new Error('it broke')), [])
  await t.rejects(call, { code: 'host_lost', message: /host 0 died before it answered: it broke; .* safe to repeat/ })
  const successor = deadEnd()
  lane.attach(successor, 1)
  t.same(
    successor.frames.flatMap(said),
    [2, 4, 5, 6].map(pid => [pid, 'cast']),
  )
})

t.test('a cast at which two hosts die is given back', async t => {
  const lane = new Lane(0, 100, () => null)
  lane.attach(deadEnd(), 0)
  for (const pid of [1, 2, 3]) removing(lane, pid)
  await Promise.resolve()
  t.same(lane.lost(1, null), [])
  lane.attach(deadEnd(), 1)
  t.same(lane.lost(1, null), [OP.removeChild])
  const successor = deadEnd()
  lane.attach(successor, 1)
  t.same(successor.frames.flatMap(said), [[3, 'cast']])
})

t.test('no more than maxInFlight are on their way; the rest waits', async t => {
  const lane = new Lane(0, 2, () => null)
  const link = deadEnd()
  lane.attach(link, 0)
  const calls = [1, 2, 3].map(pid => lane.call(removing(lane, pid)))
  t.equal(lane.isFull, true)
  await Promise.resolve()
  t.same(link.frames.map(said), [[1, 2].map(pid => [pid, 'call'])])
  lane.receive(answer(1, link.frames[0][1]))
  t.equal(await calls[0], null)
  t.same(said(link.frames[1]), [[3, 'call']])
  lane.receive(answer(3, link.frames[0][5], link.frames[1][1]))
  t.same(await Promise.all(calls), [null, null, null])
  t.equal(lane.outstanding, 0)
})

t.test('a call that took the id of one answered before is not the one that fails with it', async t => {
  const lane = new Lane(0, 2, () => null)
  lane.attach(deadEnd(), 0)
  const answered = lane.call(removing(lane, 1))
  const inFlight = lane.call(removing(lane, 2))
  await Promise.resolve()
  const taken = lane.call(removing(lane, 3))
  lane.receive(answer(1, 0))
  await answered
  const waiting = lane.call(removing(lane, 4))
  lane.lost(1, null)
  await t.rejects(Promise.race([inFlight, waiting]), { code: 'host_lost' })
  await t.rejects(taken, { code: 'host_lost' })
  const successor = deadEnd()
  lane.attach(successor, 1)
  lane.receive(answer(2, successor.frames[0][1]))
  t.equal(await waiting, null)
})

t.test('whoever gives up on a lane fails the calls under way too', async t => {
  const lane = new Lane(0, 1, () => null)
  lane.attach(deadEnd(), 0)
  const sent = lane.call(removing(lane, 1))
  await Promise.resolve()
  const waiting = lane.call(removing(lane, 2))
  removing(lane, 3)
  const closed = new EspalierError('closed', 'it is closed')
  t.same(lane.giveUp(closed), [OP.removeChild])
  await t.rejects(sent, closed)
  await t.rejects(waiting, closed)
  t.doesNotThrow(() => lane.receive(answer(1, 0)), 'a late answer is nobody’s')
})
