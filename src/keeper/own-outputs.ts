/** The output pipes of a process whose keeper was killed, opened out of the process itself. */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

/**
 * Descriptors for reading its stdout and its stderr; 0 for what is no pipe of a keeper's, which gives a child one end for both reading
 * and writing. To be given back to `letGo`.
 */
export function openOwnOutputs(pid: number): readonly [number, number] {
  return [openOwn(pid, 1), openOwn(pid, 2)]
}

/** Closes what was opened. */
export function letGo(descriptors: readonly number[]): void {
  for (const fd of descriptors) if (fd > 0) closeSync(fd)
}

function openOwn(pid: number, fd: number): number {
  try {
    const flags = /^flags:\t0*([0-7]+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))
    if ((Number.parseInt(flags?.[1] ?? '0', 8) & 3) !== constants.O_RDWR) return 0
    // It may be something else by now, which must neither hold us up nor become our terminal.
    const own = openSync(`/proc/${pid}/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    if (fstatSync(own).isFIFO()) return own
    closeSync(own)
    return 0
  } catch (error) {
    // It has ended, has closed it, or no descriptor is left here.
    if (error instanceof Error && 'syscall' in error) return 0
    throw error
  }
}
