/** `espalier tree`: what runs, and how much of its quotas it uses. */

import { setTimeout as delay } from 'node:timers/promises'
import { connect, type Forest } from '../client/connect.js'
import { ClientError } from '../client/errors.js'
import { runtimeDirectory, runtimePaths } from '../control/paths.js'
import { fit } from '../terminal/fit.js'
import { EXIT } from './exit-codes.js'
import { forestLines } from './forest-lines.js'

export interface TreeOptions {
  readonly json: boolean
  readonly watch: boolean
  readonly runtimeDir?: string
  /** In ms, for each look. */
  readonly timeout: number
}

/** Between two looks of `--watch`, in ms. */
const WATCH_MS = 500

/** Prints the tree once, or with `watch` whenever it changes, until the daemon has ended. */
export async function treeCommand(options: TreeOptions): Promise<number> {
  const { controlSocket } = runtimePaths(runtimeDirectory(options.runtimeDir, process.env))
  const client = connect({ socket: controlSocket, timeoutMs: options.timeout })
  const show = options.json ? showJson : process.stdout.isTTY ? redraw() : showPlain()
  show(await client.tree())
  if (!options.watch) return EXIT.ok
  for (;;) {
    await delay(WATCH_MS)
    try {
      show(await client.tree())
    } catch (error) {
      if (!(error instanceof ClientError && error.code === 'unreachable')) throw error
      process.stdout.write('the daemon has ended\n')
      return EXIT.ok
    }
  }
}

function showJson({ daemonPid, atMs, services, processes }: Forest): void {
  const nested = services.map(service => ({
    ...service,
    tree: processes.filter(process => process.service === service.name),
  }))
  process.stdout.write(`${JSON.stringify({ daemonPid, atMs, services: nested })}\n`)
}

/** Each new picture in the place of the last one, as much of it as the terminal has rows. */
function redraw(): (forest: Forest) => void {
  let drawn = 0
  return forest => {
    const { rows = 24, columns = 80 } = process.stdout
    const lines = forestLines(forest, { commands: true })
    const shown = lines.slice(0, Math.max(1, rows - 2)).map(line => fit(line, columns - 1))
    if (shown.length < lines.length) shown.push(`... ${lines.length - shown.length} more`)
    const erase = drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`
    process.stdout.write(`${erase}${shown.map(line => `${line}\n`).join('')}`)
    drawn = shown.length
  }
}

/** Every picture below the last one, if anything but ages has changed. */
function showPlain(): (forest: Forest) => void {
  let last = ''
  return forest => {
    const { services, processes } = forest
    const seen = JSON.stringify([services, processes.map(({ pid, state, parentPid }) => [pid, state, parentPid])])
    if (seen === last) return
    last = seen
    process.stdout.write(`${forestLines(forest, { commands: true }).join('\n')}\n`)
  }
}
