/** Case `recording`: what a daemon has recorded, decided again as `espalier plan` does it. */

import { fileURLToPath } from 'node:url'
import type { LimitsInput } from '../../protocol/limits.js'
import { replay, type ServicePlan } from '../../src/plan/replay.js'
import type { Case } from '../harness/case.js'
import { type Summary, summarize } from '../harness/statistics.js'
import { short, table } from '../harness/table.js'
import { type Recording, readRecording } from '../recording/read.js'

/** An agent that calls its tools in bursts of 4 to 16, under the default limits. */
const AGENTS = fileURLToPath(new URL('../../../bench/recordings/agents.jsonl', import.meta.url))

/** How often one round replays it. */
const REPLAYS = { quick: 5, grid: 50, full: 200 }

interface Row {
  readonly limits: string
  readonly requestsPerSecond: Summary
  readonly granted: number
  readonly refused: number
  /** Requests that were answered otherwise when they were recorded. */
  readonly changed: number
}

export const recording: Case = {
  name: 'recording',
  summary: 'a recording of "espalier events --json" decided again, under its own limits and without its rate',
  async run({ size, rounds, recording: file }, progress) {
    const recorded = readRecording(file ?? AGENTS)
    const rateless = new Map([...recorded.limits].map(([name, limits]) => [name, { ...limits, rate: 'none' as const }]))
    const rows: Row[] = []
    for (const [limits, input] of [
      ['as recorded', recorded.limits],
      ['rate none', rateless],
    ] as const) {
      progress(limits)
      rows.push({ limits, ...(await measure(recorded, input, rounds, REPLAYS[size])) })
    }
    const { entries, requests } = recorded
    const head = ['limits', 'requests/s', 'granted', 'refused', 'answered otherwise']
    const cells = rows.map(row => [
      row.limits,
      short(row.requestsPerSecond.median),
      ...[row.granted, row.refused, row.changed].map(String),
    ])
    const told = `${entries.length} events with ${requests} requests of ${recorded.limits.size} services`
    return {
      figures: rows.map(row => ({ ...row, events: entries.length, requests })),
      text: ['', told, ...table(head, cells)],
    }
  },
}

async function measure(
  { entries, requests }: Recording,
  limits: ReadonlyMap<string, LimitsInput>,
  rounds: number,
  replays: number,
): Promise<Omit<Row, 'limits'>> {
  const rates: number[] = []
  let plans: readonly ServicePlan[] = []
  for (let round = 0; round < rounds; round++) {
    const beganMs = performance.now()
    for (let done = 0; done < replays; done++) plans = await replay(entries, limits)
    rates.push((requests * replays * 1000) / (performance.now() - beganMs))
  }
  const sum = (figure: (plan: ServicePlan) => number) => plans.reduce((total, plan) => total + figure(plan), 0)
  const granted = sum(plan => plan.grantedNow)
  const changed = sum(plan => total(plan.newlyRefused) + total(plan.newlyGranted) + plan.unasked)
  return { requestsPerSecond: summarize(rates), granted, refused: requests - granted, changed }
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((all, one) => all + one, 0)
}
