/** Looking ahead of a frame changes nothing that anybody can see. */

import t from 'tap'
import { lookAhead } from '../../../actors/tree/ahead.js'
import { OP } from '../../../protocol/lane/operations.js'
import { parseLimits } from '../../../protocol/limit-parse.js'
import * as encode from '../../../src/lane/encode.js'
import { dump } from './dump.js'
import { frame, fresh, Rig } from './rig.js'

/** More rows than a look ahead passes over. */
const TICKETS = 5000

t.test('a look ahead of exits, known and unknown, leaves the trees as they were', async t => {
  const rig = crowded()
  const before = JSON.stringify(dump(rig.grove))
  const exits = frame(lane => {
    for (let pid = 1; pid < 256; pid++) encode.encodeExit(lane, pid, { exitCode: 0 })
    encode.encodePlain(lane, OP.removeChild, 100)
  })
  const read = lookAhead(rig.grove, exits, exits.length)
  t.not(read, 0, 'something was read')
  t.equal(JSON.stringify(dump(rig.grove)), before)
})

t.test('exits that were looked at ahead are applied like any other', async t => {
  const rig = crowded()
  rig.take(
    frame(lane => {
      for (let pid = 100; pid < 150; pid++) encode.encodeExit(lane, pid, { exitCode: 0 })
      for (let pid = 100; pid < 120; pid++) encode.encodePlain(lane, OP.removeChild, pid)
    }),
    200,
  )
  const living = frame(lane => {
    const at = encode.encodePlain(lane, OP.activeChildren, 1)
    lane.out[at + 1] = 0
  })
  rig.answers()
  rig.take(living, 200)
  const answer = Float64Array.of(0)
  new Int32Array(answer.buffer).set(rig.answers().slice(2, 4))
  t.equal(answer[0], 50, '100 were recorded, 50 have exited')
})

/** One service with a root at pid 10, `TICKETS` tickets, and children at pids 100 to 199. */
function crowded(): Rig {
  const rig = new Rig(fresh())
  rig.take(
    frame(lane => {
      const limits = parseLimits({ children: 10_000, descendants: 10_000, rate: 'none', ticketTtlMs: 60_000 })
      encode.encodeService(lane, 1, 'svc', limits)
      encode.encodeRoot(lane, 1, 10, null)
      for (let i = 0; i < TICKETS; i++) encode.encodeAuthorize(lane, 10, 0, null, '')
      for (let pid = 100; pid < 200; pid++) encode.encodeRecord(lane, 10, { name: 'child', pid }, null, 0, 0)
    }),
    100,
  )
  return rig
}
