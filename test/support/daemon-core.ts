/**
 * A supervisor reduced to what the daemon asks of one: depth and children limits, records, times to live, the policy cascade, events.
 * Real processes through the portable launcher. The daemon's own tests need no threads, and can make it fail.
 */

import type { Child, Exit } from '../../protocol/children.js'
import type { EspalierEvent } from '../../protocol/events.js'
import { EspalierError } from '../../protocol/failures.js'
import { parseLimits } from '../../protocol/limit-parse.js'
import type { Limits } from '../../protocol/limits.js'
import { type Grant, type Refusal, type RefusalCode, refusalMessage } from '../../protocol/refusals.js'
import type { Core } from '../../src/core.js'
import { createPortableLauncher } from '../../src/launcher/portable.js'

interface Node {
  readonly service: string
  readonly child: Child
  readonly children: Node[]
  isAlive: boolean
}

/** What is asked of it here; everything else throws. */
export function createFakeCore(): Core {
  const launcher = createPortableLauncher()
  const limits = new Map<string, Limits>()
  const nodes = new Map<number, Node>()
  const listeners = new Set<(event: EspalierEvent | null) => void>()
  let decisions = 0
  let isClosed = false

  const emit = (event: object) => {
    for (const listener of listeners) listener(event as EspalierEvent)
  }
  const refuse = (code: RefusalCode, limit: number | null, current: number | null): Refusal => ({
    ok: false,
    code,
    message: refusalMessage(code, { limit: 10, windowMs: 1000 }),
    limit,
    current,
    decisionId: `0-${++decisions}`,
  })
  const livingBelow = (node: Node): Node[] =>
    node.children.flatMap(child => [...(child.isAlive ? [child] : []), ...livingBelow(child)])
  const add = (service: string, child: Partial<Child> & { name: string; pid: number; depth: number }) => {
    const node = { service, child: child as Child, children: [], isAlive: true }
    nodes.set(child.pid, node)
    return node
  }
  const exit = async (pid: number, how: object): Promise<Child | null> => {
    const node = nodes.get(pid)
    if (node === undefined) return null
    node.isAlive = false
    const pids = livingBelow(node)
      .map(one => one.child.pid)
      .reverse()
    if (pids.length > 0) {
      emit({ kind: 'termination_due', service: node.service, pids, reason: 'cascade' })
      void launcher.end(pids, 'cascade', limits.get(node.service)?.graceMs ?? 0)
    }
    return { ...node.child, lastExit: how as Exit }
  }

  const expire = (pid: number, ttlMs: number) => {
    setTimeout(() => {
      const node = nodes.get(pid)
      if (node === undefined || !node.isAlive) return
      const pids = [...livingBelow(node).map(one => one.child.pid), pid]
      emit({ kind: 'termination_due', service: node.service, pids, reason: 'ttl' })
      void launcher.end(pids, 'ttl', limits.get(node.service)?.graceMs ?? 0)
    }, ttlMs).unref()
  }

  const core: Partial<Core> = {
    launcher,
    resume: () => undefined,
    limitsOf: service => limits.get(service) ?? null,
    async registerService(name, input) {
      limits.set(name, parseLimits(input))
    },
    async registerServicePid(service, pid, options) {
      add(service, { name: service, pid, depth: 0, startTicks: options?.startTicks ?? null })
    },
    async authorizeSpawn(parentPid): Promise<Grant | Refusal> {
      if (isClosed) throw new EspalierError('closed', 'closed')
      const parent = nodes.get(parentPid)
      if (parent === undefined || !parent.isAlive) return refuse('no_tree', null, null)
      const bounds = limits.get(parent.service)!
      const depth = parent.child.depth + 1
      if (depth >= bounds.depth) return refuse('depth_limit', bounds.depth, depth)
      const alive = parent.children.filter(child => child.isAlive).length
      if (alive >= bounds.children) return refuse('child_limit', bounds.children, alive)
      return { ok: true, depth, rootService: parent.service, ticket: ++decisions, expiresAtMs: 0 }
    },
    releaseTicket: async () => true,
    async recordSpawn(parentPid, child) {
      const parent = nodes.get(parentPid)!
      const { depth } = parent.child
      if (child.ttlMs) expire(child.pid, child.ttlMs)
      parent.children.push(add(parent.service, { ...(child as Child), parentPid, depth: depth + 1 }))
      return parent.service
    },
    recordSpawnExit: exit,
    async order() {
      // These books order nothing: what is ended is what the looks find.
    },
    async getChildren(pid) {
      return (nodes.get(pid)?.children ?? []).map(node => ({
        ...node.child,
        lastExit: node.isAlive ? null : ({ exitCode: 0 } as Exit),
      }))
    },
    async getSpawnTree() {
      return { totalDescendants: 1, reservations: 0, memoryUsed: 1024, processes: 2 } as never
    },
    async services() {
      const count = (name: string) =>
        [...nodes.values()].filter(node => node.service === name && node.isAlive && node.child.depth > 0).length
      return [...limits].map(([name, bounds]) => ({
        name,
        limits: bounds,
        roots: [],
        liveDescendants: count(name),
        reservations: 0,
        memoryUsed: 0,
        memorySource: 'rss',
        host: 0,
      }))
    },
    cast: { updateChildMetrics: () => undefined, updateServiceMemory: () => undefined } as unknown as Core['cast'],
    async *events(options) {
      const queue: (EspalierEvent | null)[] = []
      let wake: () => void = () => undefined
      const listener = (event: EspalierEvent | null) => {
        queue.push(event)
        wake()
      }
      listeners.add(listener)
      options?.signal?.addEventListener('abort', () => listener(null))
      for (;;) {
        const event = queue.shift()
        if (event === null) return
        if (event !== undefined) yield event
        else
          await new Promise<void>(settle => {
            wake = settle
          })
      }
    },
    async close() {
      isClosed = true
      for (const listener of listeners) listener(null)
      await launcher.endAll(null, 200)
    },
  }
  return core as Core
}
