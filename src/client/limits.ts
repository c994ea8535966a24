/** The operator's calls about limits and the config: reading, setting, having it read again. */

import type { LimitChange, LimitName } from '../../protocol/limit-layers.js'
import type { LimitsInput } from '../../protocol/limits.js'
import type { OverLimit } from '../../protocol/over-limits.js'
import type { Answer } from '../../protocol/wire/answers.js'
import type { LimitsReport, ReloadChange } from '../../protocol/wire/changes.js'
import { type Request, WIRE_VERSION } from '../../protocol/wire/requests.js'
import { openCall } from './call.js'
import { ClientError } from './errors.js'

/** How limits of a running service are set. */
export interface SetLimitsOptions {
  /** These become again what the config says, or the default. */
  readonly configured?: readonly LimitName[]
  /** Who is shown as the origin. Default `api`. */
  readonly by?: 'command' | 'api'
}

/** What became of it. */
export interface LimitsSet {
  readonly changes: readonly LimitChange[]
  /** What stands above its limit now; nothing ends by it, and nothing more is granted. */
  readonly over: readonly OverLimit[]
  /** What does not hold here, or not for everybody. */
  readonly notes: readonly string[]
}

/** The calls of `Client` about limits. */
export interface LimitsClient {
  /** Effective limits of one service, or of all by name, and where each comes from. */
  limits(service?: string | null): Promise<readonly LimitsReport[]>
  /** Sets limits of a service while it runs: all or none. `bad_request` names every key and value that is wrong. */
  setLimits(service: string, limits: LimitsInput, options?: SetLimitsOptions): Promise<LimitsSet>
  /**
   * Has the config read again, and tells what that changed, or would change (`dryRun`). All of it is taken or nothing; no
   * process ends by it. `bad_config` for one that cannot be used.
   */
  reload(options?: { readonly dryRun?: boolean }): Promise<readonly ReloadChange[]>
}

/** Those calls at a socket. */
export function limitsClient(socket: string, timeoutMs: number): LimitsClient {
  return {
    async limits(service = null) {
      const reports: LimitsReport[] = []
      for await (const answer of answersTo(socket, { v: WIRE_VERSION, kind: 'limits', service }, timeoutMs)) {
        if (answer.kind === 'limits_end') return reports
        if (answer.kind !== 'limits_of') throw unexpected(answer.kind, 'limits')
        reports.push(answer.report)
      }
      return reports
    },
    async setLimits(service, limits, { configured = [], by = 'api' } = {}) {
      const request = { v: WIRE_VERSION, kind: 'set_limits', service, limits, configured, by } as const
      for await (const answer of answersTo(socket, request, timeoutMs)) {
        if (answer.kind !== 'limits_set') throw unexpected(answer.kind, 'set_limits')
        return { changes: answer.changes, over: answer.over, notes: answer.notes }
      }
      throw unexpected('nothing', 'set_limits')
    },
    async reload({ dryRun = false } = {}) {
      const changes: ReloadChange[] = []
      for await (const answer of answersTo(socket, { v: WIRE_VERSION, kind: 'reload', dryRun }, timeoutMs)) {
        if (answer.kind === 'reload_end') return changes
        if (answer.kind !== 'reload_change') throw unexpected(answer.kind, 'reload')
        changes.push(answer.change)
      }
      return changes
    },
  }
}

/** All answers to one request, within one deadline; the line is closed when the reader leaves. */
async function* answersTo(socket: string, request: Request, timeoutMs: number): AsyncGenerator<Answer> {
  const deadline = performance.now() + timeoutMs
  const call = openCall(socket, request)
  try {
    for (;;) yield await call.next(Math.max(0, deadline - performance.now()))
  } finally {
    call.close()
  }
}

function unexpected(kind: string, request: string): ClientError {
  return new ClientError('failed', `the daemon answered ${kind} to ${request}`)
}
