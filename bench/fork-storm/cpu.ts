/** CPU time of a process, as the scheduler counts it. */

import { readdirSync, readFileSync } from 'node:fs'

const NS_A_US = 1000

/** CPU time of all threads of a process so far, in microseconds (proc(5), `schedstat`). */
export function cpuUsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const ns = threads.map(thread =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]),
  )
  return ns.reduce((sum, one) => sum + one, 0) / NS_A_US
}
