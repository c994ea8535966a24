/** Reading the config again while its services run: the whole new config is taken, or nothing of it; no process ends by it. */

import { EspalierError } from '../../../protocol/failures.js'
import type { LimitLayer } from '../../../protocol/limit-layers.js'
import type { ReloadChange } from '../../../protocol/wire/changes.js'
import { persistIfPossible } from '../../persist.js'
import { bringUp } from '../bring-up.js'
import type { DaemonContext, ServiceRun } from '../context.js'
import { endServices } from '../ending.js'
import { layerOf } from '../limits/layer-of.js'
import { isEnding } from '../quiet.js'
import { Supervised } from '../supervised.js'
import { diffServices } from './diff.js'

/** Reads the config anew; rejects, with all that is wrong in it, when it cannot be used. */
export type Reread = () => Promise<readonly ServiceRun[]>

export interface Reloader {
  /** What `reload` would change now. @throws what `reread` throws; {EspalierError} for limits that are none */
  preview(): Promise<readonly ReloadChange[]>
  /**
   * Changes it. New services are started first, since only that can fail for long; where one does not start, those that were
   * started with it are ended, and all is as before. @throws as `preview`, and what kept a service from starting
   */
  reload(): Promise<readonly ReloadChange[]>
}

/** @param started the services that run, of whose config `reread` reads a later state */
export function createReloader(context: DaemonContext, started: readonly ServiceRun[], reread: Reread): Reloader {
  let known = started
  const look = async () => {
    const wanted = await reread()
    const failed = [...context.supervised].filter(([, { phase }]) => phase.kind === 'failed').map(([name]) => name)
    return { wanted, changes: diffServices(known, wanted, context.limits, new Set(failed)) }
  }
  return {
    preview: () => context.turns(async () => (await look()).changes),
    reload: () =>
      context.turns(async () => {
        const { wanted, changes } = await look()
        if (isEnding(context)) {
          throw new EspalierError(
            'unavailable',
            'nothing was reloaded: everything here ends; "espalier up" starts it anew',
          )
        }
        await apply(context, wanted, changes)
        for (const service of wanted) await context.supervised.get(service.name)?.renew(service)
        known = [...wanted, ...known.filter(({ name }) => !wanted.some(one => one.name === name))]
        return changes
      }),
  }
}

async function apply(
  context: DaemonContext,
  wanted: readonly ServiceRun[],
  changes: readonly ReloadChange[],
): Promise<void> {
  const isNew = (name: string) => changes.some(({ service, kind }) => service === name && kind === 'started')
  const undo: (() => Promise<unknown>)[] = []
  try {
    const added = wanted.filter(({ name }) => isNew(name))
    for (const { name } of added) undo.push(() => takeBack(context, name))
    await bringUp(
      context,
      added.map(service => new Supervised(context, service, process.env)),
    )
    for (const service of wanted.filter(({ name }) => !isNew(name))) {
      const before = context.limits.configured(service.name)
      // Also where the values stay: the lines that they come from may be others.
      undo.push(() => restore(context, service.name, before))
      await context.limits.configure(service.name, layerOf(service))
    }
  } catch (error) {
    for (const step of undo.toReversed()) await step()
    throw error
  }
}

/** A service that this very reload has started. */
async function takeBack(context: DaemonContext, service: string): Promise<void> {
  const { core, limits, rights, stopping, supervised } = context
  await endServices(context, [service])
  await persistIfPossible(() => core.unregisterService(service))
  limits.forget(service)
  rights.delete(service)
  supervised.delete(service)
  stopping.delete(service)
}

async function restore({ limits, tell }: DaemonContext, service: string, before: LimitLayer | null): Promise<void> {
  if (before === null) return
  try {
    await limits.configure(service, before)
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error
    tell({ kind: 'trouble', message: `the limits of ${service} could not be put back: ${error.message}` })
  }
}
