/** Limits that were set while services ran, kept in the store for the daemon that takes them over. */

import { LIMIT_NAMES, type LimitLayer, type LimitName, type LimitOrigin } from '../../../protocol/limit-layers.js'
import { parseLimits } from '../../../protocol/limit-parse.js'
import type { LimitsInput } from '../../../protocol/limits.js'
import { type Store, type StoredFields, type StoredRecord, StoreError } from '../../store/store.js'

const NOTHING: LimitLayer = { limits: {}, origins: {} }

export interface KeptChanges {
  /** What was set in a service; empty when nothing was. */
  of(service: string): LimitLayer
  /** Resolves when it survives the loss of power; where the disk does not serve, when it holds for this daemon alone. */
  keep(service: string, layer: LimitLayer): Promise<void>
  /** Nothing of these is kept any more. */
  drop(services: readonly string[]): Promise<void>
}

/** Goes on from what was stored; what no service can have is told to `trouble` and counts as nothing. */
export function createKeptChanges(
  store: Pick<Store, 'write'>,
  records: readonly StoredRecord[],
  trouble: (message: string) => void,
): KeptChanges {
  const all = new Map<string, LimitLayer>()
  for (const { kind, service, fields } of records) {
    if (kind !== 'limits') continue
    try {
      all.set(service, readLayer(fields))
    } catch (error) {
      if (!(error instanceof Error)) throw error
      trouble(`limits that were set in ${service} are lost (${error.message}): those of its config hold`)
    }
  }
  const write = async (service: string) => {
    const layer = all.get(service)
    const fields = layer === undefined ? null : { ...layer }
    try {
      await store.write([{ kind: 'limits', service, number: 0, fields }], true)
    } catch (error) {
      // The store has said so, and so does the answer to who set them.
      if (!(error instanceof StoreError)) throw error
    }
  }
  return {
    of: service => all.get(service) ?? NOTHING,
    async keep(service, layer) {
      if (Object.keys(layer.limits).length === 0) all.delete(service)
      else all.set(service, layer)
      await write(service)
    },
    async drop(services) {
      await Promise.all(services.filter(service => all.delete(service)).map(write))
    },
  }
}

/** @throws {EspalierError} `invalid_input` for limits that this version does not know. */
function readLayer({ limits, origins }: StoredFields): LimitLayer {
  parseLimits(limits)
  const input = limits as LimitsInput
  const known = LIMIT_NAMES.filter(name => input[name] != null)
  return { limits: input, origins: Object.fromEntries(known.map(originOf(origins as LimitLayer['origins']))) }
}

function originOf(origins: LimitLayer['origins'] | undefined) {
  return (name: LimitName): [LimitName, LimitOrigin] => {
    const origin = origins?.[name]
    const atMs = origin !== undefined && 'atMs' in origin && Number.isSafeInteger(origin.atMs) ? origin.atMs : null
    if (origin?.from === 'command' && typeof origin.command === 'string') {
      return [name, { from: 'command', command: origin.command, atMs }]
    }
    return [name, { from: 'api', atMs }]
  }
}
