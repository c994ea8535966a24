/**
 * The process of the case `meter`: `PROCESSES ROUNDS`. So many sleep; each round measures them all and looks for forks, as the
 * meter's thread does each period, and what it takes of CPU is the whole of this process's.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createPidusageSampler } from '../../src/meter/pidusage.js'
import { createProcSampler } from '../../src/meter/proc.js'
import type { MeterTarget } from '../../src/meter/sampler.js'
import { readIdentity } from '../../src/os/process.js'
import { tell } from '../harness/one-answer.js'
import { quantile } from '../harness/statistics.js'

/** They end by themselves after so long, in seconds, should everybody who could end them be gone. */
const LIFE_S = 300
/** Rounds before those that count: descriptors are opened, strangers told from ours, code compiled. */
const WARM_ROUNDS = 10
const PERIOD_MS = 500
const US_A_MS = 1000

const [way, processes, rounds] = process.argv.slice(2)

void tell(async () => {
  const script = `i=0; while [ $i -lt ${Number(processes)} ]; do sleep ${LIFE_S} & i=$((i+1)); done; echo; exec sleep ${LIFE_S}`
  const shell = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const gone = once(shell, 'exit')
  try {
    await once(shell.stdout, 'data')
    const pid = shell.pid ?? 0
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number)
    const targets = [...children, pid].map(target)
    const sampler = way === 'pidusage' ? createPidusageSampler() : createProcSampler()
    const costs: number[] = []
    for (let round = -WARM_ROUNDS; round < Number(rounds); round++) {
      const before = process.cpuUsage()
      const { samples } = await sampler.sample(targets, [])
      const { user, system } = process.cpuUsage(before)
      if (samples.length !== targets.length) throw new Error(`${samples.length} of ${targets.length} were measured`)
      if (round >= 0) costs.push((user + system) / US_A_MS)
    }
    const roundMs = quantile(
      costs.toSorted((a, b) => a - b),
      0.5,
    )
    return { roundMs, roundMaxMs: Math.max(...costs), coreShare: roundMs / (PERIOD_MS + roundMs) }
  } finally {
    // The group is the shell's own: it was started as the leader of one, and has not been waited for.
    process.kill(-(shell.pid ?? 0), 'SIGKILL')
    await gone
  }
})

function target(pid: number): MeterTarget {
  return { pid, startTicks: readIdentity(pid)?.startTicks ?? null }
}
