/**
 * The process of a storm with a hostile service: `KIND SERVICES CHILDREN STORM_MS`. It is a round of `examples/storm`, which looks at
 * every limit at every sample, and at what is left.
 */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tell } from '../harness/one-answer.js'
import { quantile } from '../harness/statistics.js'
import type { Measured } from '../harness/trial.js'
import { isHeld } from './held.js'

/** What the example gives of a round. */
interface Round {
  readonly samples: number
  readonly spawned: number
  readonly violations: readonly string[]
  readonly rows: ReadonlyMap<
    string,
    { readonly kind: string; readonly p99Ms: number | null; readonly survivors: number }
  >
}

const EXAMPLE = new URL('../../../examples/storm/', import.meta.url).href

const [kind, services, children, stormMs] = process.argv.slice(2)

void tell(async () => {
  const runtimeDir = realpathSync(mkdtempSync(join(tmpdir(), 'espalier-storm-')))
  const { runRound } = (await import(`${EXAMPLE}round.mjs`)) as { runRound(options: object): Promise<Round> }
  const { espalier } = (await import(`${EXAMPLE}espalier.mjs`)) as { espalier(...words: string[]): Promise<unknown> }
  try {
    const holds = { tasks: isHeld('tasks'), memory: isHeld('total_memory') }
    const sizes = { services: Number(services), children: Number(children), roundMs: Number(stormMs) }
    const { samples, spawned, violations, rows } = await runRound({ kind, ...sizes, runtimeDir, holds })
    if (violations.length > 0) throw new Error(violations.join('; '))
    const others = [...rows.values()].filter(row => row.kind === 'steady')
    const askP99s = others.map(({ p99Ms }) => p99Ms ?? Number.NaN).toSorted((a, b) => a - b)
    return {
      askP99Ms: quantile(askP99s, 0.5),
      askP99WorstMs: Math.max(...askP99s),
      spawned,
      samples,
      survivors: Math.max(...[...rows.values()].map(row => row.survivors)),
    } satisfies Measured
  } finally {
    await espalier(runtimeDir, 'down', '--all')
    rmSync(runtimeDir, { recursive: true, force: true })
  }
})
