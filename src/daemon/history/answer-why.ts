/** The answer to a `why`: a decision, else what lives, else what has ended. */

import { type Answer, answer } from '../../../protocol/wire/answers.js'
import type { Ancestor, Explanation } from '../../../protocol/wire/past.js'
import type { DaemonContext } from '../context.js'
import type { Peripheral } from '../peripherals.js'
import { reportProcess, reportServices } from '../report.js'
import { causesOf, chainOf, isAbout, type Life, type LifeProcess, reportEnd } from './life.js'
import { REFUSALS_KEPT } from './refusals.js'

/** `explained`, or `failed` with `not_found` for what nobody here knows, or knows no more. */
export async function answerWhy(context: DaemonContext, subject: string): Promise<Answer> {
  const explanation = await explain(context, subject)
  if (explanation !== null) return answer('explained', { explanation })
  return answer('failed', { code: 'not_found', message: unknownText(context, subject) })
}

async function explain(context: DaemonContext, subject: string): Promise<Explanation | null> {
  const { refusals, lives } = context.history
  const refusal = refusals.find(subject)
  if (refusal !== null) return { kind: 'refusal', ...refusal }
  const peripheral = context.peripherals.find(Number(subject))
  if (peripheral !== undefined) return explainPeripheral(context, peripheral)
  const living = lives.living().filter(life => isAbout(life, subject))
  // Of a service the root speaks; of several of a name the latest does.
  const life = living.find(({ process }) => process.depth === 0) ?? living.at(-1)
  if (life !== undefined) {
    return explainLiving(context, life.process, chainOf(life), life, othersOf(living, life, subject))
  }
  const ended = lives.ended().filter(one => isAbout(one, subject))
  const end = ended.findLast(({ process }) => process.depth === 0 && process.service === subject) ?? ended.at(-1)
  if (end === undefined) return null
  const others = othersOf(ended, end, subject)
  return { kind: 'end', end: reportEnd(end), chain: chainOf(end), causes: causesOf(end), others }
}

/** A service's name is its root's too: what hangs below is no other of that name. */
function othersOf(lives: readonly Life[], chosen: Life, subject: string): number {
  const alike = lives.filter(({ process }) => subject !== chosen.process.service || process.name === subject)
  return alike.length - 1
}

function explainPeripheral(context: DaemonContext, peripheral: Peripheral): Promise<Explanation | null> {
  const { pid, name, parentPid } = peripheral
  const parent = parentPid === null ? null : context.history.lives.find(parentPid)
  const chain = [...(parent === null ? [] : chainOf(parent)), { pid, name }]
  return explainLiving(context, peripheral, chain, null, 0)
}

/** Null when its service has left the books meanwhile. */
async function explainLiving(
  context: DaemonContext,
  process: LifeProcess | Peripheral,
  chain: readonly Ancestor[],
  life: Life | null,
  others: number,
): Promise<Explanation | null> {
  const service = (await reportServices(context)).find(({ name }) => name === process.service)
  if (service === undefined) return null
  const children = context.book.living(process.service).filter(({ parentPid }) => parentPid === process.pid).length
  const order = life?.order ?? null
  return {
    kind: 'living',
    process: reportProcess(context, process),
    chain,
    service,
    children,
    order,
    atMs: Date.now(),
    others,
  }
}

function unknownText({ history }: DaemonContext, subject: string): string {
  if (history.refusals.hasExpired(subject)) {
    return `decision ${subject} has expired, or was a grant: the last ${REFUSALS_KEPT} refusals of a service are explained`
  }
  return `${JSON.stringify(subject)} is no refusal, process or name that this daemon remembers: "espalier history" lists what has ended, "espalier tree" what runs, "espalier events" what was refused (0-17 names a refusal)`
}
