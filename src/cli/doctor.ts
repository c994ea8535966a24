/** `espalier doctor`: what this host can enforce, and whether a running daemon's books agree with the process table. */

import type { Forest } from '../client/connect.js'
import { ClientError } from '../client/errors.js'
import { type Check, checkHost } from '../doctor/checks.js'
import { readHost } from '../doctor/facts.js'
import { type Audit, audit } from '../doctor/looks.js'
import { type ProcessTable, readProcessTable } from '../doctor/process-table.js'
import { listKeepers } from '../keeper/list.js'
import { harmless } from '../terminal/harmless.js'
import { EXIT } from './exit-codes.js'
import { jsonLine } from './json.js'
import { lostText } from './lost-text.js'
import { clientOf, type DaemonOptions, daemonPlace } from './place.js'
import { BARE, type Manner, print, type ReadingOptions } from './print.js'

/** The time-out is for each look at the daemon. */
export type DoctorOptions = DaemonOptions & ReadingOptions

/** Why there was no audit, or what it found. */
type Found = { readonly reason: string } | (Audit & { readonly daemonPid: number })

/** 1 when something disagrees; what a host does not enforce is no disagreement, and neither is a daemon that does not run. */
export async function doctorCommand(options: DoctorOptions): Promise<number> {
  const checks = checkHost(readHost())
  const found = await auditDaemon(options)
  if (options.json) await print([jsonLine({ checks, audit: found })], BARE, options)
  else if (options.quiet) await print(wrongLines(found).map(harmless), BARE, options)
  else await print([...checkLines(checks), '', ...auditLines(found)].map(harmless), MANNER, options)
  return 'disagreements' in found && found.disagreements.length > 0 ? EXIT.failure : EXIT.ok
}

/** Sentences: the terminal wraps them. */
const MANNER: Manner = {
  isCut: false,
  style: line => (/^(?:missing|disagree) /.test(line) ? 'over' : line.startsWith('weaker ') ? 'near' : 'plain'),
}

async function auditDaemon(options: DoctorOptions): Promise<Found> {
  const { directory } = daemonPlace(options)
  const client = clientOf(options)
  let daemonPid = 0
  try {
    const found = await audit(async () => {
      const forest: Forest = await client.tree()
      daemonPid = forest.daemonPid
      const keepers = listKeepers(directory)
      return { services: forest.services, processes: forest.processes, keepers, table: tableOrFail() }
    })
    return { daemonPid, ...found }
  } catch (error) {
    if (error instanceof ClientError && error.code === 'unreachable') return { reason: error.message }
    if (error instanceof NoTable) return { reason: error.message }
    throw error
  }
}

class NoTable extends Error {}

function tableOrFail(): ProcessTable {
  const table = readProcessTable()
  if (table === null) throw new NoTable('there is no process table to read: the audit needs /proc')
  return table
}

function checkLines(checks: readonly Check[]): readonly string[] {
  const width = Math.max(...checks.map(({ name }) => name.length))
  return checks.map(({ state, name, means, wayOut }) => {
    return `${state.padEnd(7)}  ${name.padEnd(width)}  ${means}${wayOut === null ? '' : `. Way out: ${wayOut}`}`
  })
}

function auditLines(found: Found): readonly string[] {
  if ('reason' in found) return [`no audit: ${found.reason}`]
  const { daemonPid, services, processes, keepers, looks, lost, disagreements } = found
  const sizes = `${services} services, ${processes} processes, ${keepers} keepers`
  const head = `audit of daemon ${daemonPid}: ${sizes}, ${looks} ${looks === 1 ? 'look' : 'looks'}`
  const missing = lost.map(({ service, lines }) => `missing  ${service}: ${lostText(lines)}`)
  if (disagreements.length === 0) return [`${head}: process table, trees and counters agree`, ...missing]
  return [`${head}: ${disagreements.length} disagree`, ...wrongLines(found), ...missing]
}

function wrongLines(found: Found): readonly string[] {
  return 'reason' in found ? [] : found.disagreements.map(({ says }) => `disagree  ${says}`)
}
