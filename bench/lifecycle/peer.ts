/** The worker behind `comlink` and `postMessage`: the same trees, an inline supervisor, behind another crossing. */

import { parentPort, workerData } from 'node:worker_threads'
import { expose } from 'comlink/dist/esm/comlink.mjs'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { ChildInput, ExitInput } from '../../protocol/children.js'
import type { LimitsInput } from '../../protocol/limits.js'
import { createInlineSupervisor } from '../../src/testing.js'
import { LIMITS } from './workload.js'

const supervisor = createInlineSupervisor()

const door = {
  register: (service: string, limits: LimitsInput = LIMITS) => supervisor.registerService(service, limits),
  registerRoot: (service: string, pid: number) => supervisor.registerServicePid(service, pid),
  authorize: (parentPid: number, name: string) => supervisor.authorizeSpawn(parentPid, name),
  record: (parentPid: number, child: ChildInput, ticket: number) =>
    supervisor.recordSpawn(parentPid, child, ticket === 0 ? null : { ticket }),
  exit: (pid: number, exit: ExitInput) => supervisor.recordSpawnExit(pid, exit),
  release: (ticket: number) => supervisor.releaseTicket(ticket),
  remove: (pid: number) => supervisor.removeChild(pid),
  fence: () => supervisor.activeChildCount(),
}
export type Door = typeof door

/** One operation. */
export interface OneMessage {
  readonly method: keyof Door
  readonly args: readonly unknown[]
  readonly isCast: boolean
}

const port = parentPort
if (port === null) throw new Error('this file is a worker of the bench; run `npm run bench -- lifecycle`')
if (workerData === 'comlink') expose(door, nodeEndpoint(port))
else {
  port.on('message', ({ method, args, isCast }: OneMessage) => {
    const call = door[method] as (...args: readonly unknown[]) => Promise<unknown>
    const answer = call(...args)
    if (!isCast) answer.then(value => port.postMessage(value))
  })
}
