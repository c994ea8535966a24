/** `espalier down`: the end of a daemon with all its services; with `--all` of keepers too that no daemon serves. */

import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '../client/connect.js'
import { ClientError } from '../client/errors.js'
import { runtimeDirectory, runtimePaths } from '../control/paths.js'
import { listKeepers } from '../keeper/list.js'
import { endPredecessor } from '../keeper/predecessor.js'
import { hasEnded, readIdentity } from '../os/process.js'
import { EXIT } from './exit-codes.js'
import { stopTelling } from './stop-progress.js'

export interface DownOptions {
  readonly all: boolean
  readonly runtimeDir?: string
  /** In ms. */
  readonly timeout: number
}

/** Between two looks whether something has left, in ms. */
const LOOK_MS = 50

/** Resolves when all of it has ended: TERM, grace, KILL. 6 when there was nothing to end. */
export async function downCommand(options: DownOptions): Promise<number> {
  const endMs = performance.now() + options.timeout
  const { controlSocket, directory } = runtimePaths(runtimeDirectory(options.runtimeDir, process.env))
  const client = connect({ socket: controlSocket, timeoutMs: options.timeout })
  const daemon = await client.ping().catch(absent)
  if (daemon !== null) {
    const startTicks = readIdentity(daemon)?.startTicks
    for (const name of await stopTelling(client, null)) process.stdout.write(`stopped ${name}\n`)
    if (startTicks !== undefined && !(await leaves({ pid: daemon, startTicks }, endMs))) return EXIT.timeout
  }
  const keepers = listKeepers(directory)
  if (!options.all) {
    if (daemon !== null) return EXIT.ok
    const names = keepers.map(({ service }) => service).join(', ')
    const hint = names === '' ? '' : `; keepers without a daemon: ${names}. "espalier down --all" ends them`
    process.stderr.write(`espalier: no daemon runs here${hint}\n`)
    return EXIT.unreachable
  }
  for (const { folder } of keepers) endPredecessor(folder)
  for (const keeper of keepers) {
    if (!(await leaves(keeper, endMs))) {
      process.stderr.write(`espalier: the keeper of ${keeper.service} (pid ${keeper.pid}) has not ended in time\n`)
      return EXIT.timeout
    }
    process.stdout.write(`stopped ${keeper.service} (its keeper had no daemon)\n`)
  }
  return EXIT.ok
}

async function leaves({ pid, startTicks }: { readonly pid: number; readonly startTicks: number }, endMs: number) {
  for (;;) {
    const identity = readIdentity(pid)
    if (identity === null || hasEnded(identity) || identity.startTicks !== startTicks) return true
    if (performance.now() >= endMs) return false
    await delay(LOOK_MS)
  }
}

function absent(error: unknown): null {
  if (error instanceof ClientError && error.code === 'unreachable') return null
  throw error
}
