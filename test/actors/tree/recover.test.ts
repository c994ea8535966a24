/** What a successor does beside taking back what was cut short. */

import t from 'tap'
import { OP } from '../../../protocol/lane/operations.js'
import { ROW_INTS, S_LIVE } from '../../../protocol/lane/rows.js'
import { parseLimits } from '../../../protocol/limit-parse.js'
import * as encode from '../../../src/lane/encode.js'
import { stamps } from './dump.js'
import { Cut, frame, fresh, Rig } from './rig.js'

t.test('an order that perhaps nobody heard is given again, deepest first', async t => {
  const remains = fresh()
  const rig = new Rig(remains)
  rig.take(
    frame(lane => {
      encode.encodeService(lane, 1, 'svc', parseLimits({ graceMs: 700 }))
      encode.encodeRoot(lane, 1, 10, 5)
      encode.encodeRecord(lane, 10, { name: 'a', pid: 100 }, null, 0, 0)
      encode.encodeRecord(lane, 100, { name: 'b', pid: 101 }, null, 0, 0)
    }),
    100,
  )
  t.same(new Rig(remains).outbox.takeEffects(), [], 'nothing was ordered yet')
  rig.take(
    frame(lane => encode.encodePlain(lane, OP.endService, 1)),
    100,
  )
  const order = { kind: 'end_processes', service: 'svc', pids: [101, 100, 10], reason: 'stop', graceMs: 700 }
  t.same(rig.outbox.takeEffects(), [order])
  t.same(new Rig(remains).outbox.takeEffects(), [order])
})

t.test('counters that lie are counted again', async t => {
  const remains = fresh()
  const rig = new Rig(remains)
  rig.take(
    frame(lane => encode.encodeService(lane, 1, 'svc', parseLimits({}))),
    100,
  )
  const service = rig.grove.services.get(1) ?? 0
  rig.grove.memory.add(service * ROW_INTS + S_LIVE, 3)
  t.equal(new Rig(remains).recovery.corrected, 1)
  t.equal(new Rig(remains).recovery.corrected, 0)
})

t.test('an exited record whose pid another process had, and left, is not found by it again', async t => {
  const remains = fresh()
  const rig = new Rig(remains)
  rig.take(
    frame(lane => {
      encode.encodeService(lane, 1, 'svc', parseLimits({}))
      encode.encodeRoot(lane, 1, 10, 5)
      encode.encodeRecord(lane, 10, { name: 'a', pid: 100 }, null, 0, 0)
      encode.encodeExit(lane, 100, { exitCode: 0 })
      encode.encodeRoot(lane, 1, 100, 6)
      encode.encodePlain(lane, OP.unregisterRoot, 100)
    }),
    100,
  )
  t.equal(rig.grove.find(100), 0)
  t.equal(new Rig(remains).grove.find(100), 0)
})

t.test('a rate log that was taken again and cut short leaves the free ones as they were', async t => {
  for (let writes = 0; ; writes++) {
    const remains = fresh()
    const rig = new Rig(remains)
    rig.take(
      frame(lane => {
        encode.encodeService(lane, 1, 'svc', parseLimits({ rate: { limit: 3, windowMs: 1000 } }))
        for (const pid of [10, 11]) encode.encodeRoot(lane, 1, pid, 5)
        for (const pid of [10, 11]) encode.encodeAuthorize(lane, pid, 0, null, '')
        for (const pid of [10, 11]) encode.encodePlain(lane, OP.unregisterRoot, pid)
        for (const pid of [12, 13]) encode.encodeRoot(lane, 1, pid, 5)
      }),
      100,
    )
    const ask = frame(lane => encode.encodeAuthorize(lane, 12, 0, null, ''))
    let isCut = false
    try {
      rig.take(ask, 5000, writes)
    } catch (error) {
      if (!(error instanceof Cut)) throw error
      isCut = true
    }
    const after = new Rig(remains)
    for (const pid of [12, 13]) {
      for (let i = 0; i < 3; i++)
        after.take(
          frame(lane => encode.encodeAuthorize(lane, pid, 0, null, '')),
          6000,
        )
    }
    const grants = [12, 13].map(pid => stamps(after.grove, after.grove.find(pid)))
    const isWhole = grants.every(log => String(log) === '6000,6000,6000')
    if (!isWhole) return t.fail(`after ${writes} writes: ${JSON.stringify(grants)} in the logs`)
    if (!isCut) return t.ok(writes > 5, 'it was cut at every write')
  }
})

t.test('of two exited records of a pid the later one is found by it', async t => {
  const remains = fresh()
  const rig = new Rig(remains)
  rig.take(
    frame(lane => {
      encode.encodeService(lane, 1, 'older', parseLimits({}))
      encode.encodeService(lane, 2, 'later', parseLimits({}))
      for (const [service, root] of [
        [1, 10],
        [2, 20],
      ]) {
        encode.encodeRoot(lane, service, root, 5)
        encode.encodeRecord(lane, root, { name: 'a', pid: 100 }, null, 0, 0)
        encode.encodeExit(lane, 100, { exitCode: 0 })
      }
    }),
    100,
  )
  const found = rig.grove.find(100)
  t.equal(rig.grove.serviceName(rig.grove.serviceOf(found)), 'later')
  t.equal(new Rig(remains).grove.find(100), found)
})
