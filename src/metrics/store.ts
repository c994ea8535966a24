/** The figures of a daemon's store: one series each, whatever the services are. */

import type { StoreHealth } from '../store/resilient.js'
import type { Family } from './families.js'

/** How the store fares now, and what it has failed at since the daemon began. */
export function storeFamilies({ isOnDisk, waiting, failures, lost }: StoreHealth): readonly Family[] {
  return [
    single(
      'espalier_store_up',
      'gauge',
      '1: the disk takes what is recorded; 0: memory alone has it.',
      isOnDisk ? 1 : 0,
    ),
    single('espalier_store_waiting', 'gauge', 'Changes that wait for the disk to serve again.', waiting),
    single('espalier_store_failures_total', 'counter', 'Attempts to write or to open the store that failed.', failures),
    single('espalier_store_lost_total', 'counter', 'Changes that are not stored, for too many waited.', lost),
  ]
}

function single(name: string, type: 'gauge' | 'counter', help: string, value: number): Family {
  return { name, type, help, samples: [{ labels: {}, value }] }
}
