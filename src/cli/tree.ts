/** `espalier tree`: what runs, and how much of its quotas it uses. */

import { setTimeout as delay } from 'node:timers/promises'
import { connect, type Forest } from '../client/connect.js'
import { ClientError } from '../client/errors.js'
import { runtimeDirectory, runtimePaths } from '../control/paths.js'
import { fit } from '../terminal/fit.js'
import { redact } from '../terminal/redact.js'
import { EXIT } from './exit-codes.js'
import { forestLines } from './forest-lines.js'
import { jsonLine } from './json.js'
import { put } from './put.js'

export interface TreeOptions {
  readonly json: boolean
  readonly watch: boolean
  readonly runtimeDir?: string
  /** In ms, for each look. */
  readonly timeout: number
}

/** Between two looks of `--watch`, in ms. */
const WATCH_MS = 500

/** Prints the tree once, or with `watch` whenever it changes, until the daemon has ended or nobody reads any more. */
export async function treeCommand(options: TreeOptions): Promise<number> {
  const { controlSocket } = runtimePaths(runtimeDirectory(options.runtimeDir, process.env))
  const client = connect({ socket: controlSocket, timeoutMs: options.timeout })
  const picture = options.json ? asJson : process.stdout.isTTY ? redraw() : plain()
  const show = async (forest: Forest) => put(process.stdout, picture(forest), options.timeout)
  let isRead = await show(await client.tree())
  while (options.watch && isRead) {
    await delay(WATCH_MS)
    try {
      isRead = await show(await client.tree())
    } catch (error) {
      if (!(error instanceof ClientError && error.code === 'unreachable')) throw error
      process.stdout.write('the daemon has ended\n')
      return EXIT.ok
    }
  }
  return EXIT.ok
}

function asJson({ daemonPid, atMs, services, processes }: Forest): string {
  const nested = services.map(service => ({
    ...service,
    tree: processes
      .filter(process => process.service === service.name)
      .map(process => ({ ...process, command: redact(process.command) })),
  }))
  return `${jsonLine({ daemonPid, atMs, services: nested })}\n`
}

/** Each new picture in the place of the last one, as much of it as the terminal has rows. */
function redraw(): (forest: Forest) => string {
  let drawn = 0
  return forest => {
    const { rows = 24, columns = 80 } = process.stdout
    const lines = forestLines(forest, { commands: true })
    const shown = lines.slice(0, Math.max(1, rows - 2)).map(line => fit(line, columns - 1))
    if (shown.length < lines.length) shown.push(`... ${lines.length - shown.length} more`)
    const erase = drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`
    drawn = shown.length
    return `${erase}${shown.map(line => `${line}\n`).join('')}`
  }
}

/** Every picture below the last one, if anything but ages has changed. */
function plain(): (forest: Forest) => string {
  let last = ''
  return forest => {
    const { services, processes } = forest
    const seen = JSON.stringify([services, processes.map(({ pid, state, parentPid }) => [pid, state, parentPid])])
    if (seen === last) return ''
    last = seen
    return `${forestLines(forest, { commands: true }).join('\n')}\n`
  }
}
