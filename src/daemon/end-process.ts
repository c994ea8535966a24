/** The operator's order that one process ends, alone or with everything below it. */

import { setTimeout as delay } from 'node:timers/promises'
import { EspalierError } from '../../protocol/failures.js'
import { type Answer, answer } from '../../protocol/wire/answers.js'
import type { EndRequest } from '../../protocol/wire/requests.js'
import { orderEnd } from '../order.js'
import type { DaemonContext } from './context.js'
import { graceOf } from './ending.js'
import type { Peripheral } from './peripherals.js'
import type { ManagedProcess } from './process.js'

/** Between two looks whether a peripheral has ended, in ms: nobody tells of its exit. */
const LOOK_MS = 50

/** How long after KILL a peripheral may be there, in ms. The meter sees that it has gone twice a second. */
const PATIENCE_MS = 2000

/** `processes_ended` when they have ended; `failed` with `not_found` for what has ended before, or `timeout` for what does not. */
export async function answerEnd(context: DaemonContext, { pid, startTicks, tree }: EndRequest): Promise<Answer> {
  const process = context.book.find(pid) ?? context.peripherals.find(pid)
  if (process === undefined || (startTicks !== null && process.startTicks !== startTicks)) {
    const message = `pid ${pid} is no process of a service here, or not that one any more: "espalier ps" lists them`
    return answer('failed', { code: 'not_found', message })
  }
  try {
    const count =
      'isPeripheral' in process ? await endPeripheral(context, process) : await endManaged(context, process, tree)
    return answer('processes_ended', { count })
  } catch (error) {
    if (!(error instanceof EspalierError && error.code === 'timeout')) throw error
    return answer('failed', { code: 'timeout', message: error.message })
  }
}

async function endManaged(context: DaemonContext, top: ManagedProcess, tree: boolean): Promise<number> {
  const { core, book, tell } = context
  const ending = tree ? book.living(top.service).filter(({ pid }) => book.isAtOrBelow(pid, top)) : [top]
  const news = ending.filter(({ state }) => state === 'running')
  for (const process of news) process.state = 'ending'
  if (news.length > 0) tell({ kind: 'ending', processes: news, reason: 'stop' })
  const graceMs = graceOf(context, top.service)
  if (tree) await orderEnd(core, top.pid, 'stop', graceMs)
  // No order stands in the books, so they ask the policy what becomes of the rest.
  else await core.launcher.end([top.pid], 'stop', graceMs)
  await Promise.all(ending.map(({ exited }) => exited))
  return ending.length
}

async function endPeripheral(context: DaemonContext, peripheral: Peripheral): Promise<number> {
  const { pid, service } = peripheral
  const deadline = performance.now() + graceOf(context, service) + PATIENCE_MS
  context.peripherals.end([pid])
  while (context.peripherals.find(pid) === peripheral) {
    if (performance.now() > deadline) throw new EspalierError('timeout', `pid ${pid} is still there after KILL`)
    await delay(LOOK_MS)
  }
  return 1
}
