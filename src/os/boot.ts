/** Which boot of the machine this is. */

import { readFileSync } from 'node:fs'

/** The kernel's id of this boot; '' where it does not say: then every start is taken for the same boot. */
export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return ''
    throw error
  }
}
