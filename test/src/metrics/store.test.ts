import t from 'tap'
import { renderFamilies } from '../../../src/metrics/families.js'
import { storeFamilies } from '../../../src/metrics/store.js'
import { readPrometheus } from '../../support/prometheus.js'

t.test('a store has one series for each of its figures', async t => {
  const health = { isOnDisk: false, waiting: 7, failures: 3, lost: 2 }
  t.strictSame(
    [...readPrometheus(renderFamilies(storeFamilies(health))).series],
    [
      ['espalier_store_up{}', 0],
      ['espalier_store_waiting{}', 7],
      ['espalier_store_failures_total{}', 3],
      ['espalier_store_lost_total{}', 2],
    ],
  )
})
