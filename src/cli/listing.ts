/** `espalier ps` and `espalier services`: one line a process, one line a service, in the order of the tree. */

import type { Command } from 'commander'
import { formatBytes, formatDuration } from '../../protocol/format.js'
import type { ProcessReport, ServiceReport } from '../../protocol/wire/answers.js'
import type { Forest } from '../client/connect.js'
import { harmless } from '../terminal/harmless.js'
import { redact } from '../terminal/redact.js'
import { aligned } from './columns.js'
import { EXIT } from './exit-codes.js'
import { jsonLine } from './json.js'
import { memoryText } from './memory-text.js'
import { addReadingOptions } from './options.js'
import type { DaemonOptions } from './place.js'
import type { ReadingOptions } from './print.js'
import { serviceStateText } from './service-state.js'

type ListingOptions = DaemonOptions & ReadingOptions

/** How a forest becomes text in each of the three forms. */
interface Listing {
  lines(forest: Forest): readonly string[]
  /** One word a line, for scripts. */
  quiet(forest: Forest): readonly string[]
  json(forest: Forest): object
}

const PROCESSES: Listing = {
  lines: processLines,
  quiet: ({ processes }) => processes.map(({ pid }) => String(pid)),
  json: ({ atMs, processes }) => ({
    atMs,
    processes: processes.map(process => ({ ...process, command: redact(process.command) })),
  }),
}

const SERVICES: Listing = {
  lines: serviceLines,
  quiet: ({ services }) => services.map(({ name }) => name),
  json: ({ atMs, services }) => ({ atMs, services }),
}

/** Adds both commands. */
export function addListings(program: Command, done: (code: number) => void): void {
  add(program, 'ps', 'list the processes of all services, a line each', 'pids only', PROCESSES, done)
  add(program, 'services', 'list the services with what they use of their limits', 'names only', SERVICES, done)
}

function add(
  program: Command,
  name: string,
  says: string,
  quietSays: string,
  listing: Listing,
  done: (code: number) => void,
): void {
  addReadingOptions(program.command(name).description(says), {
    json: 'one JSON object',
    quiet: quietSays,
    timeout: 'how long the look may take',
  }).action(async (options: ListingOptions) => done(await list(listing, options)))
}

async function list(listing: Listing, options: ListingOptions): Promise<number> {
  const [{ clientOf }, { BARE, print, TABLE }] = await Promise.all([import('./place.js'), import('./print.js')])
  const forest = await clientOf(options).tree()
  if (options.json) await print([jsonLine(listing.json(forest))], BARE, options)
  else if (options.quiet) await print(listing.quiet(forest), BARE, options)
  else await print(listing.lines(forest), TABLE, options)
  return EXIT.ok
}

/** A table of processes, safe for a terminal; secrets of command lines are hidden. */
export function processLines({ atMs, processes }: Pick<Forest, 'atMs' | 'processes'>): readonly string[] {
  const head = ['SERVICE', 'NAME', 'PID', 'PARENT', 'KIND', 'STATE', 'MEMORY', 'CPU', 'AGE', 'TTL LEFT', 'COMMAND']
  return aligned([head, ...processes.map(process => processRow(process, atMs))])
}

function processRow(process: ProcessReport, atMs: number): readonly string[] {
  const ageMs = Math.max(0, Math.round(atMs - process.startedAt))
  return [
    harmless(process.service),
    harmless(process.name),
    String(process.pid),
    String(process.parentPid),
    process.kind,
    process.state,
    process.rssBytes === null ? '-' : formatBytes(process.rssBytes),
    process.cpuPercent === null ? '-' : `${Math.round(process.cpuPercent)}%`,
    formatDuration(ageMs),
    process.ttlMs === null ? '-' : formatDuration(Math.max(0, process.ttlMs - ageMs)),
    harmless(redact(process.command)),
  ]
}

/** A table of services: what is used of what is allowed. */
export function serviceLines({ atMs, services }: Pick<Forest, 'atMs' | 'services'>): readonly string[] {
  return aligned([
    ['NAME', 'STATE', 'PROCESSES', 'DESCENDANTS', 'TICKETS', 'MEMORY', 'RATE'],
    ...services.map(service => serviceRow(service, atMs)),
  ])
}

function serviceRow(service: ServiceReport, atMs: number): readonly string[] {
  const { descendants, rate } = service.limits
  return [
    harmless(service.name),
    serviceStateText(service, atMs),
    String(service.processes),
    `${service.liveDescendants}/${descendants}`,
    String(service.reservations),
    memoryText(service),
    rate === null ? 'none' : `${service.rateUsed}/${rate.limit}/${formatDuration(rate.windowMs)}`,
  ]
}
