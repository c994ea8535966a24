/** A core that keeps its books in lists, answers as it is told, and launches real processes. */

import type { Child } from '../../protocol/children.js'
import { EspalierError } from '../../protocol/failures.js'
import type { Limits } from '../../protocol/limits.js'
import type { Grant, Refusal } from '../../protocol/refusals.js'
import type { ServiceView, SpawnTree } from '../../protocol/trees.js'
import type { Core } from '../../src/core.js'
import type { Launcher } from '../../src/launch.js'
import type { SpawningCore } from '../../src/spawn.js'

/** What one call was. */
export interface Call {
  readonly operation: string
  readonly args: readonly unknown[]
}

/** How the fake answers; each may be changed in a test. */
export interface Answers {
  authorize: Grant | Refusal
  /** Thrown by the next calls of an operation, in this order, before it answers. */
  failures: Record<string, EspalierError[]>
  recordedIn: string | null
  recordedExit: Child | null
  childrenOf: Record<number, readonly Child[]>
  services: ServiceView[]
  trees: Record<number, SpawnTree>
  isRegistered: boolean
}

export interface FakeCore extends SpawningCore, Pick<Core, 'services' | 'getSpawnTree'> {
  readonly calls: Call[]
  readonly answers: Answers
  /** Names of the operations called, in order. */
  operations(): string[]
}

export const GRANT: Grant = { ok: true, depth: 2, rootService: 'svc', ticket: 17, expiresAtMs: 10_000 }

/** A failure of the given code. */
export function failure(code: EspalierError['code']): EspalierError {
  return new EspalierError(code, `${code}, said the fake`)
}

/** A core around `launcher` that grants everything. */
export function fakeCore(launcher: Launcher): FakeCore {
  const calls: Call[] = []
  const answers: Answers = {
    authorize: GRANT,
    failures: {},
    recordedIn: 'svc',
    recordedExit: null,
    childrenOf: {},
    services: [],
    trees: {},
    isRegistered: true,
  }
  const call = async <T>(operation: string, args: readonly unknown[], answer: () => T): Promise<T> => {
    calls.push({ operation, args })
    const failed = answers.failures[operation]?.shift()
    if (failed !== undefined) throw failed
    return answer()
  }
  return {
    calls,
    answers,
    launcher,
    operations: () => calls.map(one => one.operation),
    limitsOf: () => (answers.isRegistered ? { ...LIMITS } : null),
    authorizeSpawn: (...args) => call('authorizeSpawn', args, () => answers.authorize),
    authorizeInService: (...args) => call('authorizeInService', args, () => answers.authorize),
    releaseTicket: (...args) => call('releaseTicket', args, () => true),
    recordSpawn: (...args) => call('recordSpawn', args, () => answers.recordedIn),
    recordInService: (...args) => call('recordInService', args, () => answers.recordedIn),
    recordSpawnExit: (...args) => call('recordSpawnExit', args, () => answers.recordedExit),
    order: (pid, reason) => call('order', [pid, reason], () => undefined),
    getChildren: pid => call('getChildren', [pid], () => [...(answers.childrenOf[pid] ?? [])]),
    services: () => call('services', [], () => answers.services),
    getSpawnTree: pid => call('getSpawnTree', [pid], () => answers.trees[pid] ?? null),
  }
}

/** A recorded child as the books show it. */
export function childOf(parentPid: number, pid: number, over: Partial<Child> = {}): Child {
  return {
    name: `child-${pid}`,
    pid,
    startTicks: null,
    parentPid,
    command: '',
    startedAt: 0,
    ttlMs: null,
    depth: 1,
    cpuPercent: null,
    rssBytes: null,
    lastExit: null,
    user: null,
    kind: 'spawned',
    ...over,
  }
}

const LIMITS: Limits = {
  depth: 3,
  children: 100,
  descendants: 500,
  totalMemory: null,
  terminationPolicy: 'cascade',
  rate: null,
  serviceRate: null,
  lifetime: null,
  memoryAction: 'deny',
  ttlMaxMs: null,
  graceMs: 200,
  tasks: 512,
  countPeripherals: false,
  strict: false,
  keepExited: 100,
  ticketTtlMs: 10_000,
  counting: 'live',
}
