/** Forests as a daemon tells of them, made by hand. */

import { parseLimits } from '../../protocol/limit-parse.js'
import type { Limits } from '../../protocol/limits.js'
import type { ProcessReport, ServiceReport } from '../../protocol/wire/answers.js'
import type { Forest } from '../../src/client/connect.js'

/** Unix ms at which forests are seen. */
export const SEEN_MS = 100_000

/** A service with the default limits but for those given. */
export function serviceReport(name: string, more: Partial<ServiceReport> = {}): ServiceReport {
  const limits: Limits = parseLimits({})
  const figures = { liveDescendants: 0, totalDescendants: 0, reservations: 0, memoryUsed: 0, rateUsed: 0, processes: 1 }
  return {
    name,
    limits,
    ...figures,
    memorySource: 'rss',
    linesLost: 0,
    state: 'running',
    phase: { kind: 'running' },
    restarts: 0,
    over: [],
    ...more,
  }
}

/** A process, spawned 10 s before it is seen. */
export function processReport(service: string, pid: number, more: Partial<ProcessReport> = {}): ProcessReport {
  return {
    service,
    name: `p${pid}`,
    pid,
    startTicks: pid,
    kind: 'spawned',
    parentPid: 1,
    depth: 1,
    command: `run ${pid}`,
    state: 'running',
    cpuPercent: 0,
    rssBytes: 2 ** 20,
    startedAt: SEEN_MS - 10_000,
    ttlMs: null,
    ...more,
  }
}

/** All of them, from daemon 7. */
export function forestOf(services: readonly ServiceReport[], processes: readonly ProcessReport[]): Forest {
  return { daemonPid: 7, atMs: SEEN_MS, services, processes }
}
