/** `espalier stop`: ends one service, or all. */

import { EXIT } from './exit-codes.js'
import { clientOf, type DaemonOptions } from './place.js'
import { stopTelling } from './stop-progress.js'

/** Resolves when everything of it has ended: TERM, grace, KILL. */
export async function stopCommand(service: string | undefined, options: DaemonOptions): Promise<number> {
  const stopped = await stopTelling(clientOf(options), service ?? null)
  for (const name of stopped) process.stdout.write(`stopped ${name}\n`)
  return EXIT.ok
}
