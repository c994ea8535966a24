/** The C compiler of this machine, which builds what we are compared with. */

import { spawnSync } from 'node:child_process'

const NAMES = [process.env.CC, 'cc', 'gcc', 'clang']

/** Its command, or null where there is none. */
export function cCompiler(): string | null {
  const found = NAMES.find(
    name => name !== undefined && spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  )
  return found ?? null
}
