/** What a config that was read again changes: pure, so that it can be shown before anything is done. */

import { isDeepStrictEqual } from 'node:util'
import type { ReloadChange } from '../../../protocol/wire/changes.js'
import type { ServiceRun } from '../context.js'
import { layerOf } from '../limits/layer-of.js'
import type { LimitBook } from '../limits/limit-book.js'

/** Keys of a config by the field that they become, where the names differ. */
const KEYS: Readonly<Partial<Record<keyof ServiceRun, string>>> = {
  dependsOn: 'depends_on',
  envFiles: 'env_file',
  noNewPrivileges: 'no_new_privs',
  resourceLimits: 'rlimits',
}

/** No key of the config, or with a change of its own. */
const APART: ReadonlySet<string> = new Set(['name', 'limits', 'limitOrigins', 'ttlMs', 'abandon'])

/** What is passed on to what runs; everything else counts from the next start. */
const AT_ONCE: ReadonlySet<string> = new Set(['logs', 'on'])

/** The changes in the order of the new config; what is no longer in it comes last. `failed`: services that were restarted too often. */
export function diffServices(
  known: readonly ServiceRun[],
  wanted: readonly ServiceRun[],
  limits: Pick<LimitBook, 'preview'>,
  failed: ReadonlySet<string>,
): readonly ReloadChange[] {
  const before = new Map(known.map(service => [service.name, service]))
  const names = new Set(wanted.map(({ name }) => name))
  return [
    ...wanted.flatMap(service => [
      ...changesOf(before.get(service.name), service, limits),
      ...(failed.has(service.name) ? [{ service: service.name, kind: 'started_again' } as const] : []),
    ]),
    ...known
      .filter(({ name }) => !names.has(name))
      .map(({ name }): ReloadChange => ({ service: name, kind: 'left_out' })),
  ]
}

function changesOf(
  before: ServiceRun | undefined,
  service: ServiceRun,
  limits: Pick<LimitBook, 'preview'>,
): readonly ReloadChange[] {
  const { name } = service
  if (before === undefined) return [{ service: name, kind: 'started' }]
  const { changes, kept } = limits.preview(name, layerOf(service))
  const fields = [...new Set([...Object.keys(before), ...Object.keys(service)])] as (keyof ServiceRun)[]
  const keys = fields.filter(field => !APART.has(field) && !isDeepStrictEqual(before[field], service[field]))
  return [
    ...(changes.length + kept.length === 0 ? [] : [{ service: name, kind: 'limits', changes, kept } as const]),
    ...named(
      'at_once',
      name,
      keys.filter(key => AT_ONCE.has(key)),
    ),
    ...named(
      'next_start',
      name,
      keys.filter(key => !AT_ONCE.has(key)),
    ),
  ]
}

function named(
  kind: 'at_once' | 'next_start',
  service: string,
  fields: readonly (keyof ServiceRun)[],
): readonly ReloadChange[] {
  return fields.length === 0 ? [] : [{ service, kind, keys: fields.map(field => KEYS[field] ?? field) }]
}
