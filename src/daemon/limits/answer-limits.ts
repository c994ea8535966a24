/** What is answered to who asks for limits or sets them. */

import { EspalierError } from '../../../protocol/failures.js'
import type { LimitChange } from '../../../protocol/limit-layers.js'
import { type Answer, answer } from '../../../protocol/wire/answers.js'
import type { LimitsRequest, SetLimitsRequest } from '../../../protocol/wire/changes.js'
import { noService } from '../answer-failed.js'
import type { DaemonContext } from '../context.js'
import { overOf } from './over.js'

/** The effective limits of one service, or of all by name, each with where it comes from. */
export async function* answerLimits(context: DaemonContext, { service }: LimitsRequest): AsyncGenerator<Answer> {
  const names = context.limits.services()
  if (service !== null && !names.includes(service)) return yield noService(service, names)
  const wanted = service === null ? names : [service]
  for (const name of wanted) {
    const laid = context.limits.find(name)
    if (laid === null) continue
    const { limits, origins } = laid
    yield answer('limits_of', { report: { service: name, limits, origins, over: await overOf(context, name, limits) } })
  }
  yield answer('limits_end', { count: wanted.length })
}

/** Sets limits of a service, all or none, and says what changed. */
export async function answerSetLimits(context: DaemonContext, request: SetLimitsRequest): Promise<Answer> {
  const { service, limits, configured, by } = request
  const names = context.limits.services()
  if (!names.includes(service)) return noService(service, names)
  if (context.stopping.has(service)) {
    const message = `service ${service} is ending: its limits are those of its config when it is started again`
    return answer('failed', { code: 'unavailable', message })
  }
  try {
    const changes = await context.turns(() => context.limits.set({ service, limits, configured, by }))
    const now = context.limits.find(service)?.limits
    const over = now === undefined ? [] : await overOf(context, service, now)
    return answer('limits_set', { service, changes, over, notes: notesOf(context, service, changes) })
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error
    const code =
      error.code === 'invalid_input' ? 'bad_request' : error.code === 'unavailable' ? 'unavailable' : 'failed'
    return answer('failed', { code, message: error.message })
  }
}

/** What was changed and does not hold here, or not for everybody. */
function notesOf(context: DaemonContext, service: string, changes: readonly LimitChange[]): readonly string[] {
  const has = (name: LimitChange['name']) => changes.some(change => change.name === name)
  const notes: string[] = []
  const { reason } = context.store.state
  if (reason !== null) notes.push(`it holds for as long as this daemon runs: it cannot be stored (${reason})`)
  if (has('tasks') && !context.groups.get(service)?.holdsTasks) {
    notes.push('tasks is held by nobody here: the kernel lets us make no cgroup that counts tasks (espalier doctor)')
  }
  if (has('ttlMaxMs')) notes.push('ttl_max counts for who is spawned from now on; times to live that run are kept')
  if (has('ticketTtlMs')) notes.push('ticket_ttl counts for grants from now on')
  return notes
}
