// The command line, as an operator would use it.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
/** Longer than anything takes that is asked for here, in ms. */
const DEADLINE_MS = 360_000

/** Runs `espalier ARGS` on a runtime directory; what lasts longer lies below it. Answers `{ code, out, err }`. */
export function espalier(runtimeDir, ...args) {
  const env = {
    ...process.env,
    ESPALIER_RUNTIME_DIR: join(runtimeDir, 'run'),
    ESPALIER_STATE_DIR: join(runtimeDir, 'state'),
  }
  return new Promise(settle => {
    execFile(process.execPath, [CLI, ...args], { env, timeout: DEADLINE_MS, maxBuffer: 2 ** 26 }, (error, out, err) => {
      settle({ code: error === null ? 0 : (error.code ?? error.signal), out, err })
    })
  })
}
