/** What a daemon stores of itself, and what it finds of those before it that had the same runtime directory. */

import { join } from 'node:path'
import { readBootId } from '../os/boot.js'
import { placeOf } from '../os/place.js'
import { openStore } from '../store/open.js'
import { ResilientStore } from '../store/resilient.js'
import type { StoredRecord } from '../store/store.js'

export interface Storage {
  readonly store: ResilientStore
  readonly records: readonly StoredRecord[]
  /** Id of this boot. */
  readonly boot: string
  /** What was wrong with it, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * Opens it: a folder of the state directory for each runtime directory. A disk that does not serve is no reason not to start.
 * @throws {StoreError} `newer`, `locked`
 */
export async function openStorage(
  stateDirectory: string,
  runtimeDirectory: string,
  say: (message: string) => void,
): Promise<Storage> {
  const folder = join(stateDirectory, `store-${placeOf(runtimeDirectory)}`)
  const boot = readBootId()
  const { store, records, notes } = await openStore(folder, boot)
  const named = (note: string) => `store: ${note}`
  const reopen = async () => {
    const opened = await openStore(folder, boot)
    // That it is in memory still has been said.
    if (opened.store.state.place === 'disk') opened.notes.map(named).forEach(say)
    return opened.store
  }
  return { store: new ResilientStore({ store, reopen, say }), records, boot, notes: notes.map(named) }
}
