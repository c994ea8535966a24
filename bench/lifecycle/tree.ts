/** The tree actors alone: frames in and answers out in one thread, without promises, ports or a second core. */

import { PidTable } from '../../actors/pids.js'
import { allocate } from '../../actors/tree/buffers.js'
import { ANSWER, ANSWER_HEAD, OP, ticketNumber } from '../../protocol/lane/operations.js'
import { parseLimits } from '../../protocol/limit-parse.js'
import { monotonicMs } from '../../src/clock.js'
import { Driver } from '../../src/lane/driver.js'
import * as encode from '../../src/lane/encode.js'
import { Lane } from '../../src/lane/lane.js'
import { CHILD_NAME, COMMAND, LIMITS, Living, PidQueue, parentsOf, SERVICES, type Shape } from './workload.js'

/** Cycles a frame: what as many callers would ask for at once. */
const FRAME = 512
const EXIT = { exitCode: 0 }

/** Registers and fills; gives what runs one round and says its cycles a second, encoding and decoding included. */
export async function prepareTree(shape: Shape): Promise<() => Promise<number>> {
  const answers: Int32Array[] = []
  const driver = new Driver(
    {
      lane: 0,
      lanes: 1,
      supervisorPid: process.pid,
      buffers: allocate(),
      pids: new SharedArrayBuffer(PidTable.bytes()),
      clock: { cell: null, originMs: monotonicMs() },
      listening: false,
    },
    said => {
      if (said instanceof Int32Array) answers.push(said)
    },
  )
  const send = (write: (lane: Lane) => void) => {
    const lane = new Lane(0, 1, () => undefined)
    write(lane)
    driver.take(lane.out.slice(0, lane.end))
  }
  const parents = parentsOf(shape)
  const limits = parseLimits(LIMITS)
  send(lane => {
    for (let i = 0; i < SERVICES; i++) encode.encodeService(lane, i + 1, `svc-${i}`, limits)
    for (let i = 0; i < parents; i++) encode.encodeRoot(lane, 1 + (i % SERVICES), 1 + i, null)
  })

  let turn = 0
  const pids = new PidQueue(parents + 1)
  const living = new Living(shape.population, shape.exit === 'random')
  const record = (lane: Lane, parent: number, ticket: number | null) => {
    const pid = pids.take()
    encode.encodeRecord(lane, parent, { name: CHILD_NAME, pid, command: COMMAND }, ticket, 0, 0)
    return pid
  }
  for (let filled = 0; filled < shape.population; filled += FRAME) {
    send(lane => {
      for (let i = filled; i < Math.min(filled + FRAME, shape.population); i++) {
        living.fill(record(lane, 1 + (turn++ % parents), null))
      }
    })
  }

  const frame = () => {
    const first = turn
    answers.length = 0
    send(lane => {
      for (let i = 0; i < FRAME; i++) {
        const at = encode.encodeAuthorize(lane, 1 + (turn++ % parents), 0, null, '')
        lane.out[at + 1] = i
      }
    })
    const granted = [...answers]
    send(lane => {
      let cycle = first
      for (const ints of granted) {
        for (let at = ANSWER_HEAD; at < ints.length; at += ints[at] >>> 8) {
          if ((ints[at] & 255) !== ANSWER.grant) throw new Error('refused; the bench spawns too often')
          const pid = record(lane, 1 + (cycle++ % parents), ticketNumber(0, ints[at + 4], ints[at + 5]))
          const gone = living.replace(pid)
          encode.encodeExit(lane, gone, EXIT)
          encode.encodePlain(lane, OP.removeChild, gone)
          pids.give(gone)
        }
      }
    })
  }
  return async () => {
    const begunMs = performance.now()
    const frames = Math.ceil(shape.cycles / FRAME)
    for (let i = 0; i < frames; i++) frame()
    return (frames * FRAME) / ((performance.now() - begunMs) / 1000)
  }
}
