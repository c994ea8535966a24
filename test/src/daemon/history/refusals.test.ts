import t from 'tap'
import { type Refusal, refusalMessage } from '../../../../protocol/refusals.js'
import { createRefusals, FLOODS_KEPT, REFUSALS_KEPT, type Refusals } from '../../../../src/daemon/history/refusals.js'
import { silentJournal } from '../../../support/journal.js'

t.test('a refusal is found by its decision, with the figures of its moment', async t => {
  const refusals = createRefusals(silentJournal)
  refuse(refusals, 1, { current: 7 })
  refuse(refusals, 2, { current: 8 })
  t.match(refusals.find('0-1'), { service: 'web', refusal: { current: 7 }, alike: 2 })
  t.match(refusals.find('0-2'), { refusal: { current: 8 }, alike: 2 })
})

t.test('only the same parent, rule and second are alike', async t => {
  const refusals = createRefusals(silentJournal)
  refuse(refusals, 1, {})
  refuse(refusals, 2, { code: 'depth_limit' })
  refuse(refusals, 3, { parentPid: 11 })
  refuse(refusals, 4, { atMs: 1000 })
  for (const id of [1, 2, 3, 4]) t.equal(refusals.find(`0-${id}`)?.alike, 1)
})

t.test('the last refusals of a service are known, older ones have expired', async t => {
  const refusals = createRefusals(silentJournal)
  // One flood: only its first outlives the bound.
  for (let id = 1; id <= REFUSALS_KEPT + 2; id++) refuse(refusals, id, {})
  t.equal(refusals.find('0-2'), null)
  t.equal(refusals.hasExpired('0-2'), true)
  t.equal(refusals.find('0-1')?.alike, REFUSALS_KEPT + 2)
  t.match(refusals.find('0-3'), { refusal: { decisionId: '0-3' } })
  t.match(refusals.find(`0-${REFUSALS_KEPT + 2}`), { refusal: { code: 'child_limit' } })
})

t.test('first refusals are bounded too, and one service pushes out no other', async t => {
  const refusals = createRefusals(silentJournal)
  refuse(refusals, 1, { service: 'quiet' })
  for (let id = 2; id <= FLOODS_KEPT + 2; id++) refuse(refusals, id, { parentPid: id })
  t.equal(refusals.find('0-2'), null)
  t.match(refusals.find('0-1'), { service: 'quiet' })
})

t.test('what was never decided has not expired', async t => {
  const refusals = createRefusals(silentJournal)
  refuse(refusals, 5, {})
  for (const id of ['0-0', '0-6', '1-1', 'web', '-', '0-5x']) t.equal(refusals.hasExpired(id), false, id)
})

interface Given {
  readonly service?: string
  readonly code?: Refusal['code']
  readonly current?: number
  readonly parentPid?: number
  readonly atMs?: number
}

function refuse(refusals: Refusals, id: number, given: Given): void {
  const { service = 'web', code = 'child_limit', current = 2, parentPid = 10, atMs = 0 } = given
  const message = refusalMessage(code)
  const refusal: Refusal = { ok: false, code, message, limit: 2, current, decisionId: `0-${id}` }
  const parent = { pid: parentPid, name: 'p' }
  refusals.add({ service, refusal, atMs, childName: 'kid', parent, askerPid: parentPid, life: null })
}
