/** Memory of a process, as the kernel divides it among those who share it. */

import { readFileSync } from 'node:fs'

/** Proportional set size in KiB (proc(5), `smaps_rollup`): a page that is shared counts by its share. */
export function pssKibOf(pid: number): number {
  const [, kib] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')) ?? []
  if (kib === undefined) throw new Error(`the kernel does not say what process ${pid} holds`)
  return Number(kib)
}
