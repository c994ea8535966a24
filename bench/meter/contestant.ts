/**
 * The process of the case `meter`: `WAY PROCESSES ROUNDS`. So many sleep; each round measures them and looks for forks, as the
 * meter does each period, with its question and its answer between two threads. What it takes of CPU is the whole of this process's.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createMeterLink } from '../../src/meter/link.js'
import { createPidusageSampler } from '../../src/meter/pidusage.js'
import type { MeterRound, MeterTarget } from '../../src/meter/sampler.js'
import { readIdentity } from '../../src/os/process.js'
import { tell } from '../harness/one-answer.js'
import { PIDUSAGE, SUMMED } from './ways.js'

/** They end by themselves after so long, in seconds, should everybody who could end them be gone. */
const LIFE_S = 300
/** Rounds before those that count: descriptors are opened, strangers told from ours, code compiled. */
const WARM_ROUNDS = 10
const PERIOD_MS = 500
const US_A_MS = 1000
/** Longest that a round may take, in ms. */
const ANSWER_MS = 60_000

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
    const meter = openMeter(targets)
    const costs: number[] = []
    for (let round = -WARM_ROUNDS; round < Number(rounds); round++) {
      const before = process.cpuUsage()
      const { held } = await meter.round()
      const { user, system } = process.cpuUsage(before)
      if (held.processes !== targets.length) throw new Error(`${held.processes} of ${targets.length} were measured`)
      if (round >= 0) costs.push((user + system) / US_A_MS)
    }
    await meter.stop()
    // The mean: rounds are not alike.
    const roundMs = costs.reduce((sum, cost) => sum + cost, 0) / costs.length
    return { roundMs, roundMaxMs: Math.max(...costs), coreShare: roundMs / (PERIOD_MS + roundMs) }
  } finally {
    // The group is the shell's own: it was started as the leader of one, and has not been waited for.
    process.kill(-(shell.pid ?? 0), 'SIGKILL')
    await gone
  }
})

function target(pid: number): MeterTarget {
  return { pid, startTicks: readIdentity(pid)?.startTicks ?? null, isSummed: way === SUMMED }
}

function openMeter(targets: readonly MeterTarget[]) {
  if (way === PIDUSAGE) {
    const sampler = createPidusageSampler()
    return { round: () => sampler.sample(targets, []), stop: async () => undefined }
  }
  const link = createMeterLink(new URL('../../src/meter/thread.js', import.meta.url), ANSWER_MS)
  return {
    async round(): Promise<MeterRound> {
      const said = await link.ask(targets, [], [])
      if (said === null) throw new Error('the meter has no thread')
      return said.round
    },
    stop: () => link.stop(),
  }
}
