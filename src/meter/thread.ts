/** The meter's thread: one question at a time, one answer each. Started by `link.ts`, by its file name. */

import { existsSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { readGroupMemory } from './group-memory.js'
import { createPidusageSampler } from './pidusage.js'
import { createProcSampler } from './proc.js'
import type { GroupSample, GroupTarget, KeeperTarget, MeterRound } from './sampler.js'
import { unpackTargets } from './targets.js'

/** What the thread is asked. */
export interface MeterQuestion {
  readonly id: number
  /** As `packTargets` makes them. */
  readonly targets: Float64Array<ArrayBuffer>
  readonly keepers: readonly KeeperTarget[]
  readonly groups: readonly GroupTarget[]
}

/** What it answers; an error that it does not catch ends it, which `link.ts` sees. */
export interface MeterAnswer {
  readonly id: number
  readonly round: MeterRound
  readonly groups: readonly GroupSample[]
}

const sampler = existsSync('/proc/self/stat') ? createProcSampler() : createPidusageSampler()
parentPort?.on('message', async (question: MeterQuestion) => {
  const { id, targets, keepers } = question
  const round = await sampler.sample(unpackTargets(targets), keepers)
  // After the processes: what is said of a service as a whole stands last.
  const groups = question.groups.map(({ service, folder }) => ({ service, bytes: readGroupMemory(folder) }))
  const answer: MeterAnswer = { id, round, groups }
  parentPort?.postMessage(answer)
})
