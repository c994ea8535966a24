/** The ways to reach the same trees: through the product, or with one message an operation. */

import { Worker } from 'node:worker_threads'
import { wrap } from 'comlink/dist/esm/comlink.mjs'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { LimitsInput } from '../../protocol/limits.js'
import type { Grant, Refusal } from '../../protocol/refusals.js'
import { createSupervisor, type Supervisor } from '../../src/index.js'
import { createInlineSupervisor } from '../../src/testing.js'
import type { Door, OneMessage } from './peer.js'
import { type Authority, LIMITS } from './workload.js'

/** How each way is opened. */
export const WAYS: Readonly<Record<string, (isAwaited: boolean) => Authority>> = {
  '1 host': isAwaited => product(createSupervisor({ hosts: 1 }), isAwaited),
  '2 hosts': isAwaited => product(createSupervisor({ hosts: 2 }), isAwaited),
  inline: isAwaited => product(createInlineSupervisor(), isAwaited),
  comlink,
  postMessage,
}

/** A supervisor as an authority. */
export function product(supervisor: Supervisor, isAwaited: boolean): Authority {
  const { cast } = supervisor
  const answered = {
    register: (service: string, limits: LimitsInput = LIMITS) => supervisor.registerService(service, limits),
    registerRoot: (service: string, pid: number) => supervisor.registerServicePid(service, pid),
    authorize: (parentPid: number, name: string) => supervisor.authorizeSpawn(parentPid, name),
    fence: () => supervisor.activeChildCount(),
  }
  if (!isAwaited) {
    return {
      ...answered,
      record: (parentPid, child, ticket) => cast.recordSpawn(parentPid, child, ticket === 0 ? null : { ticket }),
      exit: (pid, exit) => cast.recordSpawnExit(pid, exit),
      release: ticket => cast.releaseTicket(ticket),
      remove: pid => cast.removeChild(pid),
    }
  }
  return {
    ...answered,
    record: (parentPid, child, ticket) => supervisor.recordSpawn(parentPid, child, ticket === 0 ? null : { ticket }),
    exit: (pid, exit) => supervisor.recordSpawnExit(pid, exit),
    release: ticket => supervisor.releaseTicket(ticket),
    remove: pid => supervisor.removeChild(pid),
  }
}

/** The inline supervisor in a worker, each operation a comlink call. */
function comlink(): Authority {
  const worker = new Worker(new URL('./peer.js', import.meta.url), { workerData: 'comlink' })
  const door = wrap<Door>(nodeEndpoint(worker))
  return {
    register: (service, limits) => door.register(service, limits),
    registerRoot: (service, pid) => door.registerRoot(service, pid),
    authorize: (parentPid, name) => door.authorize(parentPid, name),
    record: (parentPid, child, ticket) => door.record(parentPid, child, ticket),
    exit: (pid, exit) => door.exit(pid, exit),
    release: ticket => door.release(ticket),
    remove: pid => door.remove(pid),
    fence: () => door.fence(),
  }
}

/** The inline supervisor in a worker, each operation a message; casts get no answer. */
function postMessage(isAwaited: boolean): Authority {
  const worker = new Worker(new URL('./peer.js', import.meta.url), { workerData: 'messages' })
  const pending: ((value: unknown) => void)[] = []
  let answered = 0
  let asked = 0
  // Answers come in the order of the questions.
  worker.on('message', (value: unknown) => {
    pending[answered & MASK](value)
    answered++
  })
  const ask = <T>(method: OneMessage['method'], ...args: unknown[]): Promise<T> =>
    new Promise<T>(resolve => {
      pending[asked++ & MASK] = resolve as (value: unknown) => void
      worker.postMessage({ method, args, isCast: false })
    })
  const cast = (method: OneMessage['method'], ...args: unknown[]) =>
    isAwaited ? ask(method, ...args) : worker.postMessage({ method, args, isCast: true })
  return {
    register: (service, limits) => ask('register', service, limits),
    registerRoot: (service, pid) => ask('registerRoot', service, pid),
    authorize: (parentPid, name) => ask<Grant | Refusal>('authorize', parentPid, name),
    record: (parentPid, child, ticket) => cast('record', parentPid, child, ticket),
    exit: (pid, exit) => cast('exit', pid, exit),
    release: ticket => cast('release', ticket),
    remove: pid => cast('remove', pid),
    fence: () => ask('fence'),
  }
}

/** More than ever wait at once: registrations of every parent. */
const MASK = 2 ** 20 - 1
