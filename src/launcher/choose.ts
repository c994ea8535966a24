/** Which launcher: keepers where their program was built, else portable mode. */

import { EspalierError } from '../../protocol/failures.js'
import { type KeeperHome, runtimeHome, temporaryHome } from '../keeper/directory.js'
import { createKeeperLauncher } from '../keeper/launcher.js'
import { hasKeeper } from '../keeper/program.js'
import type { Launcher } from '../launch.js'
import { createPortableLauncher } from './portable.js'

/** What `ESPALIER_LAUNCHER` may say. */
export const LAUNCHERS = ['keeper', 'portable'] as const
export type LauncherName = (typeof LAUNCHERS)[number]

/**
 * The launcher that serves here. `ESPALIER_LAUNCHER` forces one. Keepers live in `directory`, a daemon's private one, or in
 * a folder of their own that goes with them.
 * @throws {EspalierError} `invalid_input` when `ESPALIER_LAUNCHER` names none, `unavailable` for a keeper that was not built
 */
export function chooseLauncher(directory: string | null = null): Launcher {
  if (launcherName() === 'portable') return createPortableLauncher()
  const home: KeeperHome = directory === null ? temporaryHome() : runtimeHome(directory)
  return createKeeperLauncher(home)
}

/** The name of the launcher that serves here. @throws as `chooseLauncher` */
export function launcherName(): LauncherName {
  const wanted = process.env.ESPALIER_LAUNCHER || null
  if (wanted !== null && !LAUNCHERS.some(name => name === wanted)) {
    throw new EspalierError('invalid_input', `ESPALIER_LAUNCHER is '${wanted}'; it takes ${LAUNCHERS.join(' or ')}`)
  }
  if (wanted === 'portable') return 'portable'
  if (hasKeeper()) return 'keeper'
  if (wanted === null) return 'portable'
  throw new EspalierError(
    'unavailable',
    'ESPALIER_LAUNCHER is keeper, and no keeper was built: build where there is a C compiler, or unset it',
  )
}
