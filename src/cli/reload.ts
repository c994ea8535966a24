/** `espalier reload`: the daemon reads its config again; the whole of it is taken, or nothing. */

import { harmless } from '../terminal/harmless.js'
import { EXIT } from './exit-codes.js'
import { jsonLine } from './json.js'
import { clientOf, type DaemonOptions } from './place.js'
import { put } from './put.js'
import { reloadLines } from './reload-lines.js'

export interface ReloadOptions extends DaemonOptions {
  readonly dryRun: boolean
  readonly json: boolean
}

/** Prints what was changed, or with `dryRun` what would be. 7 for a config that cannot be used. */
export async function reloadCommand(options: ReloadOptions): Promise<number> {
  const { dryRun, json, timeout } = options
  const changes = await clientOf(options).reload({ dryRun })
  const lines = json ? [jsonLine({ dryRun, changes })] : reloadLines(changes, dryRun).map(harmless)
  await put(process.stdout, lines.map(line => `${line}\n`).join(''), timeout)
  return EXIT.ok
}
