/** `espalier status`: services with their figures, and keepers with and without a daemon. */

import { overText } from '../../protocol/over-limits.js'
import type { ServiceReport } from '../../protocol/wire/answers.js'
import type { Forest } from '../client/connect.js'
import { ClientError } from '../client/errors.js'
import { listKeepers, listLostKeepers } from '../keeper/list.js'
import { harmless } from '../terminal/harmless.js'
import { aligned } from './columns.js'
import { EXIT } from './exit-codes.js'
import { jsonLine } from './json.js'
import { lostText } from './lost-text.js'
import { memoryWithSource } from './memory-text.js'
import { clientOf, type DaemonOptions, daemonPlace } from './place.js'
import { BARE, type Manner, print, type ReadingOptions } from './print.js'
import { serviceStateText } from './service-state.js'

export type StatusOptions = DaemonOptions & ReadingOptions

/** What is not as it should be stands out. */
const MANNER: Manner = {
  isCut: true,
  style: (line, index) =>
    /^stores nothing| {2}(?:! |failed)|was killed|without a daemon|^no daemon/.test(line)
      ? 'over'
      : index === 0
        ? 'bold'
        : 'plain',
}

/** 6 when no daemon is there; keepers are listed all the same. */
export async function statusCommand(options: StatusOptions): Promise<number> {
  const { directory } = daemonPlace(options)
  const forest = await forestOf(options)
  const services = (forest?.services ?? []).map(service => {
    const living = forest?.processes.filter(one => one.service === service.name) ?? []
    return { ...service, roots: living.filter(({ depth }) => depth === 0).map(({ pid }) => pid) }
  })
  const keepers = listKeepers(directory).map(({ service, pid, startTicks }) => {
    return { service, pid, startTicks, hasDaemon: services.some(({ name }) => name === service) }
  })
  const lost = listLostKeepers(directory).map(({ service }) => service)
  const daemonPid = forest?.daemonPid ?? null
  const notStored = forest?.notStored ?? null
  if (options.json) {
    const shown = { daemonPid, services, keepers, lostKeepers: lost, notStored }
    await print([jsonLine(shown)], BARE, options)
  } else if (!options.quiet) {
    const lines = [daemonPid === null ? 'no daemon' : `daemon ${daemonPid}`]
    if (notStored !== null) lines.push(`stores nothing: ${harmless(notStored)}`)
    const rows = aligned(services.map(service => serviceRow(service, forest?.atMs ?? 0)))
    for (const [at, { name, over, linesLost }] of services.entries()) {
      lines.push(rows[at])
      for (const one of over) lines.push(`${name}  ! ${overText(one)}`)
      if (linesLost > 0) lines.push(`${name}  ! ${lostText(linesLost)}`)
    }
    for (const { service, pid, hasDaemon } of keepers) {
      lines.push(`keeper of ${service}  pid ${pid}${hasDaemon ? '' : '  without a daemon'}`)
    }
    for (const service of lost) lines.push(`keeper of ${service}  was killed; "espalier down --all" ends what it left`)
    await print(lines, MANNER, options)
  }
  return forest === null ? EXIT.unreachable : EXIT.ok
}

function serviceRow(service: ServiceReport & { readonly roots: readonly number[] }, atMs: number): readonly string[] {
  const { name, roots, processes, liveDescendants, limits } = service
  return [
    name,
    serviceStateText(service, atMs),
    `root ${roots.length === 0 ? 'none' : roots.join(', ')}`,
    `processes ${processes}`,
    `descendants ${liveDescendants}/${limits.descendants}`,
    `memory ${memoryWithSource(service)}`,
  ]
}

async function forestOf(options: StatusOptions): Promise<Forest | null> {
  try {
    return await clientOf(options).tree()
  } catch (error) {
    if (error instanceof ClientError && error.code === 'unreachable') return null
    throw error
  }
}
