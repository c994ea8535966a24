/** Small files of the kernel, read whole. */

import { readFileSync } from 'node:fs'

/** The text of a file of `/proc` or `/sys`; '' for what is not there or not ours to read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return ''
    throw error
  }
}
