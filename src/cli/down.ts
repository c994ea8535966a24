/** `espalier down`: the end of a daemon with all its services; with `--all` of keepers too that no daemon serves. */

import { setTimeout as delay } from 'node:timers/promises'
import { ClientError } from '../client/errors.js'
import { clearGroups, groupsOf } from '../keeper/groups.js'
import { listKeepers, listLostKeepers } from '../keeper/list.js'
import { endPredecessor } from '../keeper/predecessor.js'
import { startKeeper } from '../keeper/start.js'
import { hasEnded, readIdentity } from '../os/process.js'
import { EXIT } from './exit-codes.js'
import { clientOf, type DaemonOptions, daemonPlace } from './place.js'
import { stopTelling } from './stop-progress.js'

export interface DownOptions extends DaemonOptions {
  readonly all: boolean
}

/** What a keeper is told that we start only to end with it what another left, in ms. */
const [ALONE_MS, GRACE_MS] = [10_000, 5000]

/** Between two looks whether something has left, in ms. */
const LOOK_MS = 50

/** Resolves when all of it has ended: TERM, grace, KILL. 6 when there was nothing to end. */
export async function downCommand(options: DownOptions): Promise<number> {
  const endMs = performance.now() + options.timeout
  const { directory } = daemonPlace(options)
  const client = clientOf(options)
  const daemon = await client.ping().catch(absent)
  if (daemon !== null) {
    const startTicks = readIdentity(daemon)?.startTicks
    for (const name of await stopTelling(client, null)) process.stdout.write(`stopped ${name}\n`)
    if (startTicks !== undefined && !(await leaves({ pid: daemon, startTicks }, endMs))) return EXIT.timeout
  }
  const lost = listLostKeepers(directory)
  if (!options.all) {
    clearGroups(directory)
    if (daemon !== null) return EXIT.ok
    const names = [...listKeepers(directory), ...lost].map(({ service }) => service).join(', ')
    const hint = names === '' ? '' : `; services without a daemon: ${names}. "espalier down --all" ends them`
    process.stderr.write(`espalier: no daemon runs here${hint}\n`)
    return EXIT.unreachable
  }
  for (const { service, folder } of lost) await followKilled(directory, service, folder)
  const all = listKeepers(directory)
  for (const { folder } of all) endPredecessor(folder)
  for (const keeper of all) {
    if (!(await leaves(keeper, endMs))) {
      process.stderr.write(`espalier: the keeper of ${keeper.service} (pid ${keeper.pid}) has not ended in time\n`)
      return EXIT.timeout
    }
    const wasKilled = lost.some(({ service }) => service === keeper.service)
    process.stdout.write(`stopped ${keeper.service} (its keeper ${wasKilled ? 'was killed' : 'had no daemon'})\n`)
  }
  clearGroups(directory)
  return EXIT.ok
}

/** A keeper in the folder of one that was killed finds what that one kept, and ends it when it is told to. */
async function followKilled(directory: string, service: string, folder: string): Promise<void> {
  const policy = { abandonMs: ALONE_MS, graceMs: GRACE_MS, keep: false }
  await startKeeper(folder, policy, false, groupsOf(directory, service))
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
