import t from 'tap'
import { parseLimits } from '../../../protocol/limit-parse.js'
import { createBudgets } from '../../../src/daemon/budgets.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import type { Change, Store } from '../../../src/store/store.js'

t.test('charges go on from what was stored', async t => {
  const budgets = createBudgets(core(9), createMemoryStore(), [
    { kind: 'service', service: 'web', number: 0, fields: { charges: 7 } },
  ])
  await budgets.charge('web')
  t.equal(budgets.chargesOf('web'), 8)
  t.equal(budgets.chargesOf('other'), 0)
})

t.test('a registration waits for the disk, and a charge where a lifetime bounds it', async t => {
  for (const lifetime of [9, null]) {
    const store = recording()
    const budgets = createBudgets(core(lifetime), store, [])
    await budgets.register('web')
    await budgets.register('web')
    await Promise.all([budgets.charge('web'), budgets.charge('web')])
    const isSynced = lifetime !== null
    t.strictSame(store.written, [
      [0, true],
      [1, isSynced],
      [2, isSynced],
    ])
  }
})

t.test('what cannot be stored is not granted where a lifetime bounds it, and elsewhere it is', async t => {
  const broken = createMemoryStore('the disk is full')
  const bounded = createBudgets(core(9), broken, [])
  await t.rejects(bounded.register('web'), { code: 'unavailable', message: /web cannot be stored.*the disk is full/ })
  await t.rejects(bounded.charge('web'), { code: 'unavailable' })
  const free = createBudgets(core(null), broken, [])
  await t.resolves(free.register('web'))
  await t.resolves(free.charge('web'))
})

function core(lifetime: number | null) {
  return { limitsOf: () => parseLimits({ lifetime }) }
}

function recording(): Store & { readonly written: (readonly [unknown, boolean])[] } {
  const written: (readonly [unknown, boolean])[] = []
  const write = async ([change]: readonly Change[], isSynced = false) => {
    if ('fields' in change) written.push([change.fields?.charges, isSynced])
  }
  return { ...createMemoryStore(), written, write }
}
