/** `espalier stop`: ends one service, or all. */

import { connect } from '../client/connect.js'
import { runtimeDirectory, runtimePaths } from '../control/paths.js'
import { EXIT } from './exit-codes.js'
import { stopTelling } from './stop-progress.js'

export interface StopOptions {
  readonly runtimeDir?: string
  /** In ms. */
  readonly timeout: number
}

/** Resolves when everything of it has ended: TERM, grace, KILL. */
export async function stopCommand(service: string | undefined, options: StopOptions): Promise<number> {
  const { controlSocket } = runtimePaths(runtimeDirectory(options.runtimeDir, process.env))
  const client = connect({ socket: controlSocket, timeoutMs: options.timeout })
  const stopped = await stopTelling(client, service ?? null)
  for (const name of stopped) process.stdout.write(`stopped ${name}\n`)
  return EXIT.ok
}
