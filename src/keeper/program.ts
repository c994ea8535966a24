/** Where the keeper's program is: beside what the build made of the sources. */

import { accessSync, constants } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The path of the program, whether it was built or not. */
export function keeperProgram(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'native', 'espalier-keeper')
}

/** True when it was built, and may be executed here. */
export function hasKeeper(): boolean {
  try {
    accessSync(keeperProgram(), constants.X_OK)
    return true
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return false
    throw error
  }
}
