/** A look at a service of one root and one child below a keeper, in which everything agrees. */

import { parseLimits } from '../../../protocol/limit-parse.js'
import type { LimitsInput } from '../../../protocol/limits.js'
import type { ProcessReport, ServiceReport } from '../../../protocol/wire/answers.js'
import type { Look } from '../../../src/doctor/audit.js'
import type { ProcessTable, TableProcess } from '../../../src/doctor/process-table.js'

/** A service as a daemon reports it. */
export function service(liveDescendants: number, limits: LimitsInput = {}): ServiceReport {
  return {
    name: 'web',
    limits: parseLimits(limits),
    liveDescendants,
    totalDescendants: liveDescendants,
    reservations: 0,
    memoryUsed: 0,
    memorySource: 'rss',
    linesLost: 0,
    rateUsed: 0,
    processes: liveDescendants + 1,
    state: 'running',
    phase: { kind: 'running' },
    restarts: 0,
    over: [],
  }
}

/** A process of it; its start ticks are ten times its pid. */
export function shown(pid: number, kind: ProcessReport['kind'], more: Partial<ProcessReport> = {}): ProcessReport {
  return {
    service: 'web',
    name: `p${pid}`,
    pid,
    startTicks: pid * 10,
    kind,
    parentPid: 1,
    depth: 0,
    command: '',
    state: 'running',
    cpuPercent: null,
    rssBytes: null,
    startedAt: 0,
    ttlMs: null,
    ...more,
  }
}

/** One of the process table, with the same start ticks. */
export function there(pid: number, parentPid: number, more: Partial<TableProcess> = {}): TableProcess {
  return { pid, parentPid, startTicks: pid * 10, ageMs: 60_000, ...more }
}

export function tableOf(...processes: readonly TableProcess[]): ProcessTable {
  return new Map(processes.map(one => [one.pid, one]))
}

/** Keeper 100 with root 200 and child 300, beside a stranger. */
export function agreeing(more: Partial<Look> = {}): Look {
  return {
    services: [service(1)],
    processes: [shown(200, 'root'), shown(300, 'spawned')],
    keepers: [{ service: 'web', pid: 100, startTicks: 1000 }],
    table: tableOf(there(1, 0), there(100, 1), there(200, 100), there(300, 200), there(400, 1)),
    ...more,
  }
}
