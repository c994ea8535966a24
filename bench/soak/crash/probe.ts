/** Counters that no answer shows: a limit of 0 refuses with the figure that it is compared with. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { LimitsInput } from '../../../protocol/limits.js'
import type { Client } from '../../../src/client/connect.js'

/** Longest wait for the storm to ask, in ms. */
const PATIENCE_MS = 20_000

const PROBES = { descendants: 'descendant_limit', children: 'child_limit', lifetime: 'lifetime_limit' } as const

export type Probed = Readonly<Record<keyof typeof PROBES, number>>

/** What the tree counts against each limit; a text where it is not refused as it should be. While the storm rests. */
export async function probeCounters(folder: string, client: Client, round: number): Promise<Probed | string> {
  const found = { descendants: 0, children: 0, lifetime: 0 }
  for (const [limit, code] of Object.entries(PROBES) as [keyof Probed, string][]) {
    const none: LimitsInput = { [limit]: 0 }
    await client.setLimits('storm', none)
    const [said, current] = (await askOnce(folder, `${round}-${limit}`)).split(' ')
    await client.setLimits('storm', {}, { configured: [limit] })
    if (said !== code) return `with ${limit} 0 a spawn is answered ${said}`
    found[limit] = Number(current)
  }
  return found
}

async function askOnce(folder: string, word: string): Promise<string> {
  const [asks, answers] = [join(folder, 'probe'), join(folder, 'probed')]
  writeFileSync(`${asks}.new`, word)
  renameSync(`${asks}.new`, asks)
  const endMs = performance.now() + PATIENCE_MS
  while (performance.now() < endMs) {
    const said = existsSync(answers) ? readFileSync(answers, 'utf8') : ''
    if (said.startsWith(`${word} `)) return said.slice(word.length + 1)
    await delay(10)
  }
  return 'nothing'
}
