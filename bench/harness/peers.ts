/** The packages that the bench compares Espalier with: `bench/package.json`, installed by who wants them measured. */

import { createRequire } from 'node:module'

/** How to install them, for people. */
export const INSTALL_PEERS = 'npm ci --ignore-scripts, in bench/'

/** This file lies in dist/bench/harness; the peers lie in bench/node_modules, which is not built. */
const PEERS = createRequire(new URL('../../../bench/package.json', import.meta.url))

/** The path of a file of a peer, or null when it is not installed. */
export function peerPath(specifier: string): string | null {
  try {
    return PEERS.resolve(specifier)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}
