/** The oracle is no worse than the reference: it agrees with every trace. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { LimitsInput } from '../../protocol/limits.js'
import { refusalMessage } from '../../protocol/refusals.js'
import { type Replayable, replay } from '../conformance/replay.js'
import { PROJECT_ROOT } from '../support/root.js'
import type { OracleLimits } from './books.js'
import { Oracle } from './oracle.js'

const FOLDER = join(PROJECT_ROOT, 'test/conformance/traces')
const RATE = { limit: 10, windowMs: 1000 }
const FACTORS = ['', 'K', 'M', 'G', 'T']

t.test('the oracle answers every line of every trace', async t => {
  for (const name of readdirSync(FOLDER)) {
    const oracle = new Oracle()
    const found = await replay(readFileSync(join(FOLDER, name), 'utf8'), replayable(oracle), async ms =>
      oracle.advance(ms),
    )
    t.ok(found.compared > 0)
    t.same(found.disagreements.slice(0, 3), [], name)
  }
})

function replayable(oracle: Oracle): Replayable {
  return {
    registerService: async (name, limits) => oracle.registerService(name, oracleLimits(limits)),
    registerServicePid: async (name, pid) => oracle.registerServicePid(name, pid),
    async authorizeSpawn(parentPid) {
      const answer = oracle.authorize(parentPid, null)
      if (answer.ok) return { ...answer, ticket: oracle.tickets.length - 1 }
      return { ok: false, message: refusalMessage(answer.code, RATE) }
    },
    async recordSpawn(parentPid, child, { ticket, rootHint }) {
      return oracle.record(parentPid, child.pid, oracle.tickets[ticket ?? -1] ?? null, rootHint ?? null)
    },
    recordSpawnExit: async (pid, exit) => oracle.exit(pid, exit.exitCode ?? null, exit.signal ?? null),
    updateChildMetrics: async (pid, cpu, rss) => oracle.metrics(pid, cpu, rss),
    getChildren: async pid => oracle.children(pid),
    getSpawnTree: async pid => oracle.tree(pid),
    terminationPolicyFor: async pid => oracle.tree(pid)?.terminationPolicy ?? null,
    removeSubtree: async pid => oracle.removeSubtree(pid),
    removeChild: async pid => oracle.removeChild(pid),
  }
}

function oracleLimits(limits: LimitsInput): OracleLimits {
  return {
    depth: limits.depth ?? 3,
    children: limits.children ?? 100,
    descendants: limits.descendants ?? 500,
    totalMemory: limits.totalMemory == null ? null : bytes(String(limits.totalMemory)),
    terminationPolicy: limits.terminationPolicy ?? 'cascade',
    rate: RATE,
    serviceRate: null,
    lifetime: null,
    ttlMaxMs: null,
    keepExited: 100,
    ticketTtlMs: 10_000,
    counting: 'tracked',
  }
}

/** A size as the traces write it. */
function bytes(text: string): number {
  const [, digits, unit] = /^\s*([\d_]+)\s*([kmgt]?)b?\s*$/i.exec(text) ?? []
  return Number(digits.replaceAll('_', '')) * 1024 ** FACTORS.indexOf(unit.toUpperCase())
}
