/** The key `logs`: how much of the output of services is kept. */

import { show } from '../../protocol/show.js'
import { suggestion } from '../../protocol/spelling.js'
import { readBytes } from '../../protocol/units.js'
import type { Complain } from './fields.js'
import type { LogBounds } from './types.js'

/** Sizes that may be asked for, in bytes: less than a line may have would keep none, and more than 1 TiB is a slip. */
const SIZE = { least: 128 * 1024, most: 1024 ** 4 } as const

/** Files of a service. */
export const LOG_FILES = { least: 1, most: 100 } as const

const KEYS = { max_size: 'maxBytes', files: 'files', total: 'totalBytes' } as const

/** `max_size` and `files`, and in the file itself `total` too; {} for none, or once it has complained. */
export function readLogs(value: unknown, complain: Complain, isOfAll: boolean): LogBounds {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    complain([], `${show(value)} is not understood; write logs: { max_size: 10MiB, files: 5 }`)
    return {}
  }
  const bounds: { -readonly [key in keyof LogBounds]: number } = {}
  for (const [key, given] of Object.entries(value as object)) {
    const name = Object.hasOwn(KEYS, key) ? (key as keyof typeof KEYS) : null
    if (name === null) {
      const known = Object.keys(KEYS)
      complain([key], `${show(key)} is not a key here.${suggestion(key, known)} Keys are ${known.join(', ')}`)
    } else if (name === 'total' && !isOfAll) {
      complain([key], 'total is of all services together; write it in logs at the top of the file')
    } else {
      const read = name === 'files' ? readCount(given) : readSize(given)
      if (typeof read === 'string') complain([key], read)
      else bounds[KEYS[name]] = read
    }
  }
  return bounds
}

function readSize(value: unknown): number | string {
  const bytes = readBytes(value)
  if (!bytes.ok) return bytes.problem
  if (bytes.value >= SIZE.least && bytes.value <= SIZE.most) return bytes.value
  return `${show(value)} is not within 128KiB to 1TiB; 10MiB is the default of a file`
}

function readCount(value: unknown): number | string {
  const isCount =
    typeof value === 'number' && Number.isInteger(value) && value >= LOG_FILES.least && value <= LOG_FILES.most
  return isCount
    ? value
    : `${show(value)} is no number of files; give a whole number from ${LOG_FILES.least} to ${LOG_FILES.most}`
}
