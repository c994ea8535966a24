/** The pid of the daemon: the same in every run, so that a seed plays alike everywhere. */

/** Before the first of the kernel's. */
const DAEMON_PID = 1

/** A daemon stands for parents that nobody knows any more, by its pid: it has the same in every run. Gives the way back. */
export function asDaemon(): () => void {
  const own = Object.getOwnPropertyDescriptor(process, 'pid') ?? {}
  Object.defineProperty(process, 'pid', { ...own, value: DAEMON_PID })
  return () => Object.defineProperty(process, 'pid', own)
}
