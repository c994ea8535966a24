/** Case `memory`: what a tracked child occupies, and what is left when all are gone. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Case } from '../harness/case.js'
import { summarize } from '../harness/statistics.js'
import { short, table } from '../harness/table.js'
import type { Occupied } from '../memory/contestant.js'

const FILE = new URL('../memory/contestant.js', import.meta.url)

export const memory: Case = {
  name: 'memory',
  summary: 'resident bytes a child, beyond its strings, and after all are gone',
  async run({ size, rounds }, progress) {
    const populations = { quick: [100_000], grid: [10_000, 100_000], full: [10_000, 100_000, 1_000_000] }[size]
    const figures = []
    for (const population of populations) {
      const seen: Occupied[] = []
      for (let round = 0; round < rounds; round++) {
        progress(`${short(population)} children, round ${round + 1} of ${rounds}`)
        seen.push(await measure(population))
      }
      const aChild = (bytes: (occupied: Occupied) => number) => summarize(seen.map(one => bytes(one) / population))
      figures.push({
        population,
        full: aChild(({ full, before, strings }) => full - before - strings * population),
        empty: aChild(({ empty, before }) => empty - before),
        again: aChild(({ again, before, strings }) => again - before - strings * population),
      })
    }
    const rows = figures.map(({ population, full, empty, again }) => [
      short(population),
      ...[full, empty, again].map(({ median }) => median.toFixed(0)),
    ])
    const text = table(['children', 'bytes a child beyond strings', 'after all are gone', 'filled again'], rows)
    return { figures, text }
  },
}

async function measure(population: number): Promise<Occupied> {
  const child = fork(FILE, [String(population)], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [said] = await once(child, 'message', { signal: AbortSignal.timeout(120_000) })
  await once(child, 'exit')
  return said as Occupied
}
