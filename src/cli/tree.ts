/** `espalier tree`: what runs, and how much of its quotas it uses. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Forest } from '../client/connect.js'
import { ClientError } from '../client/errors.js'
import { fit } from '../terminal/fit.js'
import { type Look, paint } from '../terminal/paint.js'
import { redact } from '../terminal/redact.js'
import { EXIT } from './exit-codes.js'
import { forestLines } from './forest-lines.js'
import { jsonLine } from './json.js'
import { clientOf, type DaemonOptions } from './place.js'
import { BARE, lookOf, type Manner, print, type ReadingOptions } from './print.js'
import { put } from './put.js'

/** The time-out is for each look. */
export interface TreeOptions extends DaemonOptions, ReadingOptions {
  readonly watch: boolean
}

/** Between two looks of `--watch`, in ms. */
const WATCH_MS = 500

/** Prints the tree once, or with `watch` whenever it changes, until the daemon has ended or nobody reads any more. */
export async function treeCommand(options: TreeOptions): Promise<number> {
  const client = clientOf(options)
  const show = shower(options)
  let isRead = await show(await client.tree())
  while (options.watch && isRead) {
    await delay(WATCH_MS)
    try {
      isRead = await show(await client.tree())
    } catch (error) {
      if (!(error instanceof ClientError && error.code === 'unreachable')) throw error
      process.stderr.write('the daemon has ended\n')
      return EXIT.ok
    }
  }
  return EXIT.ok
}

/** A service stands out, and one that is over a limit more so. */
const MANNER: Manner = {
  isCut: true,
  style: line => (line.startsWith(' ') ? 'plain' : line.includes('  ! ') ? 'over' : 'bold'),
}

/** How one look after the other is shown; false when nobody reads any more. */
function shower(options: TreeOptions): (forest: Forest) => Promise<boolean> {
  if (options.json) return forest => print([jsonOf(forest)], BARE, options)
  if (options.quiet) return forest => print(pidsOf(forest), BARE, options)
  if (!options.watch) return forest => print(forestLines(forest, { commands: true }), MANNER, options)
  if (!process.stdout.isTTY) {
    const changed = plain()
    return forest => print(changed(forest), BARE, options)
  }
  const drawn = redraw(lookOf(options.color, true, process.env))
  return forest => put(process.stdout, drawn(forest), options.timeout)
}

function pidsOf({ processes }: Forest): readonly string[] {
  return processes.map(({ pid }) => String(pid))
}

function jsonOf({ daemonPid, atMs, services, processes }: Forest): string {
  const nested = services.map(service => ({
    ...service,
    tree: processes
      .filter(process => process.service === service.name)
      .map(process => ({ ...process, command: redact(process.command) })),
  }))
  return jsonLine({ daemonPid, atMs, services: nested })
}

/** Each new picture in the place of the last one, as much of it as the terminal has rows. */
function redraw(look: Look): (forest: Forest) => string {
  let drawn = 0
  return forest => {
    const { rows = 24, columns = 80 } = process.stdout
    const lines = forestLines(forest, { commands: true })
    const shown = lines
      .slice(0, Math.max(1, rows - 2))
      .map((line, index) => paint([[MANNER.style?.(line, index) ?? 'plain', fit(line, columns - 1)]], columns, look))
    if (shown.length < lines.length) shown.push(`... ${lines.length - shown.length} more`)
    const erase = drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`
    drawn = shown.length
    return `${erase}${shown.map(line => `${line}\n`).join('')}`
  }
}

/** Every picture below the last one, if anything but ages has changed. */
function plain(): (forest: Forest) => readonly string[] {
  let last = ''
  return forest => {
    const { services, processes } = forest
    const seen = JSON.stringify([services, processes.map(({ pid, state, parentPid }) => [pid, state, parentPid])])
    if (seen === last) return []
    last = seen
    return forestLines(forest, { commands: true })
  }
}
