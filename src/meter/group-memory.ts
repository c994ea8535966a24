/** What the kernel counts as the memory of a group, of version 1 or 2 of cgroups. Runs in the meter's thread. */

import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'

/** What is counted, and which lines of `memory.stat` are the cache of files. */
const VERSIONS = [
  { usage: 'memory.current', cache: ['active_file', 'inactive_file'] },
  { usage: 'memory.usage_in_bytes', cache: ['total_active_file', 'total_inactive_file'] },
] as const

/** Longer than `memory.stat` is. */
const FILE_BYTES_MAX = 16_384
const text = Buffer.alloc(FILE_BYTES_MAX)

/**
 * Bytes that the group holds and that the kernel could not give up by itself: all that it counts but the cache of files. Null
 * where it cannot be read; and for a group in which nobody is, whose service must be elsewhere.
 */
export function readGroupMemory(folder: string): number | null {
  if (read(join(folder, 'cgroup.procs')) === '') return null
  for (const { usage, cache } of VERSIONS) {
    const used = read(join(folder, usage))
    if (used === '') continue
    const stat = read(join(folder, 'memory.stat'))
    // The two files are read one after the other: a cache that grew in between is no memory below nothing.
    return Math.max(0, Number(used) - cache.reduce((sum, name) => sum + figureOf(stat, name), 0))
  }
  return null
}

function figureOf(stat: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0)
}

/** The beginning of a file; '' where it is not there, not for us, or of a group that is gone. */
function read(path: string): string {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    return text.toString('latin1', 0, readSync(fd, text, 0, FILE_BYTES_MAX, 0))
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return ''
    throw error
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
