/** The limits of every service of a daemon: what its config gives, what was set while it runs laid over that, and where each comes from. */

import { EspalierError } from '../../../protocol/failures.js'
import {
  type LaidLimits,
  type LimitChange,
  type LimitLayer,
  type LimitName,
  type LimitOrigin,
  layLimits,
  limitChanges,
} from '../../../protocol/limit-layers.js'
import type { Limits } from '../../../protocol/limits.js'
import type { SetLimitsFields } from '../../../protocol/wire/changes.js'
import type { Core } from '../../core.js'
import { persist } from '../../persist.js'
import type { KeptChanges } from './kept-changes.js'

/** What `limits set` is called where an origin is shown. */
const SET_COMMAND = 'espalier limits set'

export interface LimitBook {
  /** Registers a service with the limits of its config, and over them what was set while it ran; again: replaces the former. */
  configure(service: string, layer: LimitLayer): Promise<void>
  /** What `configure` would change. `kept`: limits that the config gives another value, and that stay as they were set. */
  preview(
    service: string,
    layer: LimitLayer,
  ): { readonly changes: readonly LimitChange[]; readonly kept: readonly LimitName[] }
  /**
   * Sets limits while the service runs. All or nothing, and kept for the daemon that comes after this one before it is answered.
   * @throws {EspalierError} `invalid_input`; `unavailable` when its host is gone
   */
  set(fields: SetLimitsFields): Promise<readonly LimitChange[]>
  /** Null for a service that is not known. */
  find(service: string): LaidLimits | null
  /** Those that are registered, by name. */
  services(): readonly string[]
  /** The layer of its config, for who must put it back. */
  configured(service: string): LimitLayer | null
  /** It has ended: what was set while it ran no longer holds. */
  dropSet(services: readonly string[]): Promise<void>
  /** It is no longer registered. */
  forget(service: string): void
}

/** A book whose every change goes to the trees of `core`. `hold` is called when limits of a service hold, for those who are to hold them too. */
export function createLimitBook(
  core: Core,
  kept: KeptChanges,
  now: () => number,
  hold: (service: string) => void,
): LimitBook {
  const configured = new Map<string, LimitLayer>()
  const laid = (service: string, layer: LimitLayer) => layLimits([layer, kept.of(service)])
  const apply = async (service: string, limits: LaidLimits) => {
    await persist(() => core.registerService(service, limits.given))
    hold(service)
  }
  return {
    async configure(service, layer) {
      await apply(service, laid(service, layer))
      configured.set(service, layer)
    },
    preview(service, layer) {
      const before = configured.get(service)
      const after = laid(service, layer)
      if (before === undefined) return { changes: [], kept: [] }
      const [was, is] = [layLimits([before]).limits, layLimits([layer]).limits]
      const set = kept.of(service).limits
      return {
        changes: limitChanges(laid(service, before).limits, after.limits),
        kept: limitChanges(was, is)
          .map(({ name }) => name)
          .filter(name => set[name] != null),
      }
    },
    async set({ service, limits, configured: back, by }) {
      const layer = configured.get(service)
      if (layer === undefined) throw new EspalierError('invalid_input', `no service is named ${service}`)
      const former = kept.of(service)
      const before = laid(service, layer)
      const origin: LimitOrigin =
        by === 'api' ? { from: 'api', atMs: now() } : { from: 'command', command: SET_COMMAND, atMs: now() }
      const next = layerOver(former, layLimits([{ limits, origins: {} }]).given, back, origin)
      const after = layLimits([layer, next])
      await kept.keep(service, next)
      try {
        await apply(service, after)
      } catch (error) {
        await kept.keep(service, former)
        throw error
      }
      return limitChanges(before.limits, after.limits)
    },
    find(service) {
      const layer = configured.get(service)
      return layer === undefined ? null : laid(service, layer)
    },
    services: () => [...configured.keys()].sort(),
    configured: service => configured.get(service) ?? null,
    dropSet: services => kept.drop(services),
    forget(service) {
      configured.delete(service)
    },
  }
}

function layerOver(
  former: LimitLayer,
  given: LimitLayer['limits'],
  back: readonly LimitName[],
  origin: LimitOrigin,
): LimitLayer {
  const limits: Partial<Record<LimitName, unknown>> = { ...former.limits, ...given }
  const origins: Partial<Record<LimitName, LimitOrigin>> = { ...former.origins }
  for (const name of Object.keys(given) as LimitName[]) origins[name] = origin
  for (const name of back) {
    delete limits[name]
    delete origins[name]
  }
  return { limits: limits as Partial<Limits>, origins }
}
