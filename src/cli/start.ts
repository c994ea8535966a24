/** `espalier start` and `espalier restart`: one service of a daemon that runs. */

import { EXIT } from './exit-codes.js'
import { clientOf, type DaemonOptions } from './place.js'
import { put } from './put.js'

/** Resolves when it is up, ready where its config says what that is. */
export async function startCommand(service: string, options: DaemonOptions): Promise<number> {
  const { pid, ran } = await clientOf(options).start(service)
  await put(process.stdout, `${service} ${ran ? 'runs already' : 'started'}${pidText(pid)}\n`, options.timeout)
  return EXIT.ok
}

/** The same, and first it ends: TERM, grace, KILL. */
export async function restartCommand(service: string, options: DaemonOptions): Promise<number> {
  const { pid, ran } = await clientOf(options).start(service, { again: true })
  await put(process.stdout, `${service} ${ran ? 'restarted' : 'started'}${pidText(pid)}\n`, options.timeout)
  return EXIT.ok
}

/** One that has ended by now has no pid. */
function pidText(pid: number | null): string {
  return pid === null ? '' : ` (pid ${pid})`
}
