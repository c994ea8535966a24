/** Naming a process that will not end, for people. */

import { readFileSync } from 'node:fs'
import { harmless } from '../terminal/harmless.js'

/** What the kernel's letter means for one that was told to end, and has not. */
const STATES: Readonly<Record<string, string>> = {
  D: 'waits in the kernel for a disk, a mount or a device',
  T: 'is stopped',
  t: 'is held by a tracer',
  Z: 'has ended, and its parent or a tracer does not let it go',
}

/** `4711 (cp, waits in the kernel for a disk, a mount or a device)`; the pid alone when it is gone. One that gives itself a name is a stranger. */
export function nameHoldup(pid: number): string {
  const text = readStat(pid)
  const end = text?.lastIndexOf(')') ?? -1
  if (text === null || end < 0) return String(pid)
  const name = harmless(text.slice(text.indexOf('(') + 1, end))
  const state = STATES[text.charAt(end + 2)]
  return `${pid} (${state === undefined ? name : `${name}, ${state}`})`
}

function readStat(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch (error) {
    // It has ended meanwhile.
    if (error instanceof Error && 'syscall' in error) return null
    throw error
  }
}
