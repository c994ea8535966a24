/** Which processes of a list are still there. */

/** Those of `pids` that exist, be it unreaped. */
export function survivorsOf(pids: readonly number[]): number[] {
  return pids.filter(exists)
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}
