/** The memory of a service as people read it. */

import { formatBytes } from '../../protocol/format.js'
import type { ServiceReport } from '../../protocol/wire/answers.js'

/** What is used of what is allowed: `35M/512M`. */
export function memoryText({ memoryUsed, limits: { totalMemory } }: ServiceReport): string {
  return `${formatBytes(memoryUsed)}/${totalMemory === null ? 'none' : formatBytes(totalMemory)}`
}

/** The same with what was counted: `35M/512M (cgroup)`. */
export function memoryWithSource(service: ServiceReport): string {
  return `${memoryText(service)} (${service.memorySource})`
}
