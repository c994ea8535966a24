/** `espalier reload`: the daemon reads its config again; the whole of it is taken, or nothing. */

import { connect } from '../client/connect.js'
import { runtimeDirectory, runtimePaths } from '../control/paths.js'
import { harmless } from '../terminal/harmless.js'
import { EXIT } from './exit-codes.js'
import { jsonLine } from './json.js'
import { put } from './put.js'
import { reloadLines } from './reload-lines.js'

export interface ReloadOptions {
  readonly dryRun: boolean
  readonly json: boolean
  readonly runtimeDir?: string
  /** In ms. */
  readonly timeout: number
}

/** Prints what was changed, or with `dryRun` what would be. 7 for a config that cannot be used. */
export async function reloadCommand({ dryRun, json, runtimeDir, timeout }: ReloadOptions): Promise<number> {
  const { controlSocket } = runtimePaths(runtimeDirectory(runtimeDir, process.env))
  const changes = await connect({ socket: controlSocket, timeoutMs: timeout }).reload({ dryRun })
  const lines = json ? [jsonLine({ dryRun, changes })] : reloadLines(changes, dryRun).map(harmless)
  await put(process.stdout, lines.map(line => `${line}\n`).join(''), timeout)
  return EXIT.ok
}
