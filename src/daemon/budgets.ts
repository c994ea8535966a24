/** What each service has used up for life: stored, so that no restart gives it back. */

import { EspalierError } from '../../protocol/failures.js'
import type { Core } from '../core.js'
import { type Store, type StoredRecord, StoreError } from '../store/store.js'

export interface Budgets {
  /** Grants ever charged to a service. */
  chargesOf(service: string): number
  /** Stores a service that is not known yet, and waits for the disk. */
  register(service: string): Promise<void>
  /**
   * One more grant. Where a `lifetime` bounds them it waits for the disk; elsewhere the charge is kept as a record is.
   * @throws {EspalierError} `unavailable` when it cannot be stored: a grant that may be given again after a restart is none.
   */
  charge(service: string): Promise<void>
}

/** Goes on from what was stored. */
export function createBudgets(core: Pick<Core, 'limitsOf'>, store: Store, records: readonly StoredRecord[]): Budgets {
  const charges = new Map<string, number>()
  for (const { kind, service, fields } of records) {
    if (kind === 'service') charges.set(service, Number(fields.charges))
  }
  const write = (service: string, isSynced: boolean) =>
    store.write([{ kind: 'service', service, number: 0, fields: { charges: charges.get(service) ?? 0 } }], isSynced)
  const orUnavailable = async (what: string, writing: Promise<void>) => {
    try {
      await writing
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      const message = `${what} cannot be stored, and a service with a lifetime is not served without: ${error.message}`
      throw new EspalierError('unavailable', message, { cause: error })
    }
  }
  const isBounded = (service: string) => core.limitsOf(service)?.lifetime != null
  return {
    chargesOf: service => charges.get(service) ?? 0,
    async register(service) {
      if (charges.has(service)) return
      charges.set(service, 0)
      const writing = write(service, true)
      // One that spends nothing for life runs without a store too.
      if (isBounded(service)) await orUnavailable(`service ${service}`, writing)
      else await writing.catch(ignoreUnstored)
    },
    async charge(service) {
      charges.set(service, (charges.get(service) ?? 0) + 1)
      if (isBounded(service)) await orUnavailable(`a spawn of service ${service}`, write(service, true))
      // Written before what is stored of the process itself, for which its asker waits.
      else void write(service, false)
    },
  }
}

function ignoreUnstored(error: unknown): void {
  if (!(error instanceof StoreError)) throw error
}
