/** The operator's side: what runs, and its end. */

import type { ProcessReport, ServiceReport } from '../../protocol/wire/answers.js'
import type { Cursor } from '../../protocol/wire/chronicle.js'
import { type EndReport, type Explanation, HISTORY_ENDS_MAX } from '../../protocol/wire/past.js'
import { type EndRequest, type HistoryRequest, WIRE_VERSION } from '../../protocol/wire/requests.js'
import { openCall } from './call.js'
import { ClientError } from './errors.js'
import { type EventBatch, readEvents } from './events.js'
import { type LimitsClient, limitsClient } from './limits.js'
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
  /** Why the daemon stores nothing now; absent: it does. */
  readonly notStored?: string
  /** Unix ms by the daemon's clock. */
  readonly atMs: number
  readonly services: readonly ServiceReport[]
  /** By service, parents before their children. */
  readonly processes: readonly ProcessReport[]
}

/** Which ends are asked for; without a field, all. */
export type HistoryFilter = Partial<Omit<HistoryRequest, 'v' | 'kind'>>

/** What has ended, oldest first. */
export interface Past {
  readonly ends: readonly EndReport[]
  /** Older ends that fit as well and are more than was asked for. */
  readonly left: number
}

/** A service that was started, or was there. */
export interface StartedService {
  /** Of its root; null when that has ended by now. */
  readonly pid: number | null
  readonly ran: boolean
}

/** A daemon as its operator may ask it. Every call is a connection of its own; every failure a `ClientError`. */
/** Where to begin with events: behind a cursor, or at a time (Unix ms); with neither at the oldest that is kept. */
export interface EventsFrom {
  readonly after?: Cursor
  readonly since?: number
}

export interface Client extends LimitsClient {
  /** The daemon's pid. */
  ping(): Promise<number>
  tree(): Promise<Forest>
  /** Why a decision, a pid or a name is as it is. `not_found` for what the daemon does not know, or knows no more. */
  why(subject: string): Promise<Explanation>
  history(filter?: HistoryFilter): Promise<Past>
  /** What happened, batch by batch; with `follow` until the daemon ends. The call's time-out counts for the first answer, then for each that must come. */
  events(from: EventsFrom, follow: boolean): AsyncGenerator<EventBatch>
  /** Ends one service, or all; resolves with their names when everything of theirs has ended. */
  stop(service?: string | null): Promise<readonly string[]>
  /** Starts a service that has ended or failed; `again`: ends it first. Resolves when it is up, and says whether it ran before. */
  start(service: string, options?: { readonly again?: boolean }): Promise<StartedService>
  /**
   * Ends one process, with `tree` everything below it too; resolves with how many when they have ended. `not_found` when it
   * has ended already.
   */
  end(process: Omit<EndRequest, 'v' | 'kind'>): Promise<number>
}

/** A client of the daemon at a socket. Nothing is opened before the first call. */
export function connect(options: ConnectOptions): Client {
  const { socket, timeoutMs = CALL_TIMEOUT_MS } = options
  return {
    ...limitsClient(socket, timeoutMs),
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
    async why(subject) {
      const call = openCall(socket, { v: WIRE_VERSION, kind: 'why', subject })
      try {
        const answer = await call.next(timeoutMs)
        if (answer.kind !== 'explained') throw unexpected(answer.kind, 'why')
        return answer.explanation
      } finally {
        call.close()
      }
    },
    events: (from, follow) => readEvents(socket, timeoutMs, from, follow),
    history: (filter = {}) => readHistory(socket, timeoutMs, filter),
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
    async start(service, { again = false } = {}) {
      const call = openCall(socket, { v: WIRE_VERSION, kind: 'start', service, again })
      try {
        const answer = await call.next(timeoutMs)
        if (answer.kind !== 'started') throw unexpected(answer.kind, 'start')
        return { pid: answer.pid, ran: answer.ran }
      } finally {
        call.close()
      }
    },
    async end(process) {
      const call = openCall(socket, { v: WIRE_VERSION, kind: 'end', ...process })
      try {
        const answer = await call.next(timeoutMs)
        if (answer.kind !== 'processes_ended') throw unexpected(answer.kind, 'end')
        return answer.count
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
      else if (answer.kind === 'tree_end') {
        const { pid: daemonPid, atMs, notStored } = answer
        return { daemonPid, atMs, services, processes, ...(notStored === undefined ? {} : { notStored }) }
      } else throw unexpected(answer.kind, 'tree')
    }
  } finally {
    call.close()
  }
}

async function readHistory(socket: string, timeoutMs: number, filter: HistoryFilter): Promise<Past> {
  const deadline = performance.now() + timeoutMs
  const ends: EndReport[] = []
  const { subject = null, since = null, exitCode = null, reason = null, most = HISTORY_ENDS_MAX } = filter
  const call = openCall(socket, { v: WIRE_VERSION, kind: 'history', subject, since, exitCode, reason, most })
  try {
    for (;;) {
      const answer = await call.next(Math.max(0, deadline - performance.now()))
      if (answer.kind === 'history_ends') ends.push(...answer.ends)
      else if (answer.kind === 'history_end') return { ends, left: answer.left }
      else throw unexpected(answer.kind, 'history')
    }
  } finally {
    call.close()
  }
}

function unexpected(kind: string, request: string): ClientError {
  return new ClientError('failed', `the daemon answered ${kind} to ${request}`)
}
