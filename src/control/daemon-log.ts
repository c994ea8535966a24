/** `daemon.log` in the runtime directory: what a daemon in the background has to say of itself. Not the output of its services. */

import { appendFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { harmless } from '../terminal/harmless.js'

/** Length past which the file becomes `daemon.log.old`, in bytes: both together stay below twice that and a line. */
const BYTES_MAX = 1024 * 1024

/** A writer of lines with the time before each. It never throws: a full disk must not end a daemon. */
export function openDaemonLog(directory: string): (lines: readonly string[]) => void {
  const file = join(directory, 'daemon.log')
  return lines => {
    const atIso = new Date().toISOString()
    const text = lines.map(line => `${atIso} ${harmless(line)}\n`).join('')
    try {
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > BYTES_MAX) renameSync(file, `${file}.old`)
      appendFileSync(file, text, { mode: 0o600 })
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error
    }
  }
}
