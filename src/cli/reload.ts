/** SIGHUP to a background daemon: the config is read again, and what can change while services run is changed, all or nothing. */

import { isDeepStrictEqual } from 'node:util'
import { parseLimits } from '../../protocol/limit-parse.js'
import type { DaemonContext, ServiceRun } from '../daemon/context.js'
import { holdLimits } from '../daemon/kernel-limits.js'
import { Supervised } from '../daemon/supervised.js'

/**
 * What to do at a hang-up. New services are started, limits replaced; a service that is gone from the file runs on, and a new
 * command or environment counts from its next start: a reload ends no process by itself. What it did, or why nothing was
 * done, goes to `say`.
 */
export function reloadOnHangUp(
  context: DaemonContext,
  started: readonly ServiceRun[],
  read: () => Promise<readonly ServiceRun[]>,
  say: (lines: readonly string[]) => void,
): () => void {
  let known = started
  let last: Promise<void> = Promise.resolve()
  const reload = async () => {
    try {
      const wanted = await read()
      // Every limit is checked before the first is replaced.
      for (const { limits } of wanted) parseLimits(limits)
      say((await apply(context, known, wanted)).map(line => `reload: ${line}`))
      known = [...wanted, ...known.filter(({ name }) => !wanted.some(one => one.name === name))]
    } catch (error) {
      if (!(error instanceof Error)) throw error
      say(`reload: nothing was changed: ${error.message}`.split('\n'))
    }
  }
  return () => {
    last = last.then(reload)
  }
}

async function apply(
  context: DaemonContext,
  known: readonly ServiceRun[],
  wanted: readonly ServiceRun[],
): Promise<readonly string[]> {
  const said: string[] = []
  // What can fail comes first: then nothing that runs was touched.
  for (const service of wanted.filter(({ name }) => !known.some(one => one.name === name))) {
    await new Supervised(context, service, process.env).start()
    said.push(`${service.name}: started`)
  }
  for (const service of wanted) {
    const { name } = service
    const before = known.find(one => one.name === name)
    if (before === undefined) continue
    if (!isDeepStrictEqual(before.limits, service.limits)) {
      await context.core.registerService(name, service.limits)
      holdLimits(context, name)
      said.push(`${name}: limits replaced`)
    }
    await context.supervised.get(name)?.renew(service)
    const { limits: _, ...rest } = before
    const { limits: __, ...now } = service
    if (!isDeepStrictEqual(rest, now)) said.push(`${name}: the rest counts from its next start`)
  }
  for (const { name } of known) {
    if (!wanted.some(one => one.name === name))
      said.push(`${name}: no longer in the file, runs on; espalier stop ends it`)
  }
  return said.length === 0 ? ['nothing has changed'] : said
}
