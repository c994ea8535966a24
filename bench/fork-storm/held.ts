/** Which limits the kernel holds on this machine. */

import { checkHost } from '../../src/doctor/checks.js'
import { readHost } from '../../src/doctor/facts.js'

/** As the doctor says. */
export function isHeld(limit: 'tasks' | 'total_memory'): boolean {
  return checkHost(readHost()).find(({ name }) => name === limit)?.state === 'ok'
}
