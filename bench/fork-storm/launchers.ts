/** The launchers that can be measured here. */

import { hasKeeper } from '../../src/keeper/program.js'

/** One launcher: its name, as `ESPALIER_LAUNCHER` takes it, and whether this machine has what it needs. */
interface KnownLauncher {
  readonly name: string
  isThere(): boolean
}

/** Chooses the launcher of a process that embeds Espalier. */
export const LAUNCHER_VARIABLE = 'ESPALIER_LAUNCHER'

const KNOWN: readonly KnownLauncher[] = [
  { name: 'keeper', isThere: hasKeeper },
  { name: 'portable', isThere: () => true },
]

/** Names of the launchers that are there. */
export function launchers(): readonly string[] {
  return KNOWN.filter(launcher => launcher.isThere()).map(({ name }) => name)
}
