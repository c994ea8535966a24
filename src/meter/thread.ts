/** The meter's thread: one question at a time, one answer each. Started by `link.ts`, by its file name. */

import { existsSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { createPidusageSampler } from './pidusage.js'
import { createProcSampler } from './proc.js'
import type { KeeperTarget, MeterRound, MeterTarget } from './sampler.js'

/** What the thread is asked. */
export interface MeterQuestion {
  readonly id: number
  readonly targets: readonly MeterTarget[]
  readonly keepers: readonly KeeperTarget[]
}

/** What it answers; an error that it does not catch ends it, which `link.ts` sees. */
export interface MeterAnswer {
  readonly id: number
  readonly round: MeterRound
}

const sampler = existsSync('/proc/self/stat') ? createProcSampler() : createPidusageSampler()
parentPort?.on('message', async (question: MeterQuestion) => {
  const answer: MeterAnswer = { id: question.id, round: await sampler.sample(question.targets, question.keepers) }
  parentPort?.postMessage(answer)
})
