/** A short name for a directory, to be part of names elsewhere on the host. */

import { createHash } from 'node:crypto'

/** 12 hex digits: what bears them belongs to that directory, and the next daemon there finds it again. */
export function placeOf(directory: string): string {
  return createHash('sha256').update(directory).digest('hex').slice(0, 12)
}
