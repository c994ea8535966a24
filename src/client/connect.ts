/** The operator's side: what runs, and its end. */

import type { ProcessReport, ServiceReport } from '../../protocol/wire/answers.js'
import { WIRE_VERSION } from '../../protocol/wire/requests.js'
import { openCall } from './call.js'
import { ClientError } from './errors.js'
import { CALL_TIMEOUT_MS } from './spawn.js'

export interface ConnectOptions {
  /** Path of `control.sock`, or of `spawn.sock` for `ping` alone. */
  readonly socket: string
  /** How long each call may take, in ms. Default 10,000. */
  readonly timeoutMs?: number
}

/** Everything that runs, at one moment. */
export interface Forest {
  readonly daemonPid: number
  /** Unix ms by the daemon's clock. */
  readonly atMs: number
  readonly services: readonly ServiceReport[]
  /** By service, parents before their children. */
  readonly processes: readonly ProcessReport[]
}

/** A daemon as its operator may ask it. Every call is a connection of its own; every failure a `ClientError`. */
export interface Client {
  /** The daemon's pid. */
  ping(): Promise<number>
  tree(): Promise<Forest>
  /** Ends one service, or all; resolves with their names when everything of theirs has ended. */
  stop(service?: string | null): Promise<readonly string[]>
}

/** A client of the daemon at a socket. Nothing is opened before the first call. */
export function connect(options: ConnectOptions): Client {
  const { socket, timeoutMs = CALL_TIMEOUT_MS } = options
  return {
    async ping() {
      const call = openCall(socket, { v: WIRE_VERSION, kind: 'ping' })
      try {
        const answer = await call.next(timeoutMs)
        if (answer.kind !== 'pong') throw unexpected(answer.kind, 'ping')
        return answer.pid
      } finally {
        call.close()
      }
    },
    tree: () => readForest(socket, timeoutMs),
    async stop(service = null) {
      const call = openCall(socket, { v: WIRE_VERSION, kind: 'stop', service })
      try {
        const answer = await call.next(timeoutMs)
        if (answer.kind !== 'stopped') throw unexpected(answer.kind, 'stop')
        return answer.services
      } finally {
        call.close()
      }
    },
  }
}

async function readForest(socket: string, timeoutMs: number): Promise<Forest> {
  const deadline = performance.now() + timeoutMs
  const services: ServiceReport[] = []
  const processes: ProcessReport[] = []
  const call = openCall(socket, { v: WIRE_VERSION, kind: 'tree' })
  try {
    for (;;) {
      const answer = await call.next(Math.max(0, deadline - performance.now()))
      if (answer.kind === 'tree_service') services.push(answer.service)
      else if (answer.kind === 'tree_processes') processes.push(...answer.processes)
      else if (answer.kind === 'tree_end') return { daemonPid: answer.pid, atMs: answer.atMs, services, processes }
      else throw unexpected(answer.kind, 'tree')
    }
  } finally {
    call.close()
  }
}

function unexpected(kind: string, request: string): ClientError {
  return new ClientError('failed', `the daemon answered ${kind} to ${request}`)
}
