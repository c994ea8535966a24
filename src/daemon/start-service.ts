/** One service of a running daemon started, or ended and started, by the operator. */

import { EspalierError } from '../../protocol/failures.js'
import { type Answer, answer } from '../../protocol/wire/answers.js'
import type { StartRequest } from '../../protocol/wire/changes.js'
import { noService } from './answer-failed.js'
import { bringUp } from './bring-up.js'
import type { DaemonContext } from './context.js'
import { endServices } from './ending.js'
import { isEnding } from './quiet.js'
import type { Supervised } from './supervised.js'
import { underWay } from './under-way.js'

/** `started` when it is up; or `failed`, with why it is not. One that runs is left as it is, unless it is to be started anew. */
export function answerStart(context: DaemonContext, { service, again }: StartRequest): Promise<Answer> {
  return context.turns(async () => {
    const known = context.supervised.get(service)
    if (known === undefined) return noService(service, [...context.supervised.keys()])
    if (isEnding(context)) {
      const message = `${service} was not started: everything here ends. "espalier up" starts it with all others`
      return answer('failed', { code: 'unavailable', message })
    }
    const runs = !known.isHalted && known.phase.kind !== 'failed' && known.phase.kind !== 'ended'
    if (runs && !again) return answer('started', { service, pid: pidOf(context, service), ran: true })
    try {
      // In the name of no service: an order to end this one must not wait for it, and the daemon must not end meanwhile.
      await underWay(context, '', () => startAnew(context, known))
    } catch (error) {
      if (!(error instanceof EspalierError)) throw error
      const code = error.code === 'launch_failed' || error.code === 'timeout' ? error.code : 'unavailable'
      return answer('failed', { code, message: `${service} was not started: ${error.message}` })
    }
    return answer('started', { service, pid: pidOf(context, service), ran: runs })
  })
}

/** What stands in for it is what its config says now. Services that it waits for and that have ended start before it. */
async function startAnew(context: DaemonContext, known: Supervised): Promise<void> {
  const before = known.orders
  await endServices(context, [known.name])
  if (known.orders > before + 1) throw new EspalierError('unavailable', 'it was ordered to end meanwhile')
  await bringUp(
    context,
    withDependencies(context, known).map(one => one.successor()),
  )
}

/** It and those it waits for, directly or not, that are over, first those that wait for nobody. */
function withDependencies(
  context: DaemonContext,
  service: Supervised,
  found = new Set<Supervised>(),
): readonly Supervised[] {
  for (const name of service.dependencies) {
    const one = context.supervised.get(name)
    if (one?.phase.kind === 'ended' && !found.has(one)) withDependencies(context, one, found)
  }
  found.add(service)
  return [...found]
}

function pidOf({ book }: DaemonContext, service: string): number | null {
  return book.living(service).find(({ parentPid }) => parentPid === null)?.pid ?? null
}
