/** A private folder with a short path: a unix socket's has 107 bytes at most, and tap's own folders are longer. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A new empty folder, 0700, removed when the test has ended. */
export function privateFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'esp-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
