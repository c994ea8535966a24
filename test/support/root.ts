/** Where the project lies: tests run compiled, from `dist` or a scratch folder, and read sources and data from here. */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder above this file that holds `package.json`. Throws when there is none. */
export const PROJECT_ROOT: string = findRoot(dirname(fileURLToPath(import.meta.url)))

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const above = dirname(folder)
  if (above === folder) throw new Error(`no package.json above ${fileURLToPath(import.meta.url)}`)
  return findRoot(above)
}
