/** A store that ends with its process: for who embeds, and where there is no disk to be had. */

import {
  type Change,
  mostOf,
  type RecordKind,
  type Store,
  type StoredRecord,
  StoreError,
  type StoreState,
} from './store.js'

/** An empty one. `reason`: why it is in memory, where a disk was asked for. */
export function createMemoryStore(reason: string | null = null): Store {
  const kinds = new Map<string, Map<number, StoredRecord>>()
  const lasts = new Map<string, number>()
  const state: StoreState = { place: 'memory', reason }

  const apply = (change: Change) => {
    const { kind, service } = change
    const place = `${kind}!${service}`
    const records = kinds.get(place) ?? new Map<number, StoredRecord>()
    kinds.set(place, records)
    if ('oldest' in change) {
      for (const number of [...records.keys()].slice(0, change.oldest)) records.delete(number)
      return
    }
    const number = 'number' in change ? change.number : (lasts.get(place) ?? 0) + 1
    if (change.fields === null) {
      records.delete(number)
      return
    }
    records.set(number, { kind, service, number, fields: change.fields })
    const most = mostOf(kind)
    if (most === null) return
    lasts.set(place, number)
    for (const oldest of records.keys()) {
      if (records.size <= most) break
      records.delete(oldest)
    }
  }

  return {
    state,
    batch: 0,
    async write(changes, isSynced = false) {
      if (isSynced && reason !== null) throw new StoreError('failed', reason)
      for (const change of changes) apply(change)
    },
    async *read(kind: RecordKind, service: string, from = 0, to = Number.MAX_SAFE_INTEGER) {
      const records = [...(kinds.get(`${kind}!${service}`)?.values() ?? [])].sort((a, b) => a.number - b.number)
      for (const record of records) if (record.number >= from && record.number <= to) yield record
    },
    async close() {
      kinds.clear()
    },
  }
}
