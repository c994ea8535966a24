/** One service at its limit, asked by many callers at once: who is admitted, and who is admitted again after some have gone. */

import type { Refusal } from '../../../protocol/refusals.js'
import type { Supervisor } from '../../../src/index.js'
import { Violation } from '../campaign.js'
import type { Draw } from '../draw.js'
import { type Rule, WINDOW_MS } from './rules.js'

/** Callers that ask at once. */
export const CALLERS = 1024
/** Most parents that a service is asked for through. */
const PARENTS_MAX = 8

/** Gives pids that nobody has. */
export type TakePid = () => number

export class Siege {
  private readonly supervisor: Supervisor
  private readonly rule: Rule
  private readonly draw: Draw
  private readonly takePid: TakePid
  private readonly service: string
  /** 0 admits nobody; at `CALLERS` nobody is refused. */
  private readonly limit: number
  private readonly parents: readonly number[]
  /** What the last storm was granted. */
  private granted: { readonly parent: number; readonly ticket: number }[] = []

  constructor(supervisor: Supervisor, rule: Rule, draw: Draw, takePid: TakePid) {
    this.supervisor = supervisor
    this.rule = rule
    this.draw = draw
    this.takePid = takePid
    this.service = `${rule.name}-${takePid()}`
    this.limit = draw.oneOf([draw.upTo(CALLERS), draw.upTo(10), CALLERS - draw.upTo(2)])
    this.parents = Array.from({ length: rule.isShared ? 1 + draw.upTo(PARENTS_MAX - 1) : 1 }, takePid)
  }

  async begin(): Promise<void> {
    await this.supervisor.registerService(this.service, this.rule.limits(this.limit))
    await Promise.all(this.parents.map(pid => this.supervisor.registerServicePid(this.service, pid)))
  }

  /** All callers ask at once: exactly as many are admitted as the limit says. */
  storm(): Promise<void> {
    return this.expect('at once', this.limit)
  }

  /** Some processes end, some tickets come back, and all callers ask again without waiting for either. */
  stormAgain(): Promise<void> {
    const { cast } = this.supervisor
    let freed = 0
    for (const { parent, ticket } of this.granted) {
      const fate = this.draw.oneOf(['released', 'exited', 'running', 'waiting'])
      if (fate === 'released') cast.releaseTicket(ticket)
      if (fate === 'exited' || fate === 'running') {
        const pid = this.takePid()
        cast.recordSpawn(parent, { name: 'child', pid }, { ticket })
        if (fate === 'exited') cast.recordSpawnExit(pid, { exitCode: 0 })
      }
      if (fate === 'released' || fate === 'exited') freed++
    }
    return this.expect('after some have gone', this.rule.reopens === 'slots' ? freed : 0)
  }

  /** The last ms of the window. */
  stormInWindow(): Promise<void> {
    return this.expect('before the window ends', 0)
  }

  /** The window is over. */
  stormAfterWindow(): Promise<void> {
    return this.expect('after the window', this.rule.reopens === 'time' ? this.limit : 0)
  }

  async end(): Promise<void> {
    await this.supervisor.unregisterService(this.service)
  }

  private async expect(when: string, admitted: number): Promise<void> {
    const ask = async (caller: number) => {
      const parent = this.parents[caller % this.parents.length]
      return { parent, answer: await this.supervisor.authorizeSpawn(parent, 'child') }
    }
    const answers = await Promise.all(Array.from({ length: CALLERS }, (_, caller) => ask(caller)))
    this.granted = []
    for (const { parent, answer } of answers) {
      if (answer.ok) this.granted.push({ parent, ticket: answer.ticket })
      else this.check(when, answer)
    }
    const count = this.granted.length
    if (count !== admitted) throw this.violation(when, `${count} were admitted, not ${admitted}`)
  }

  /** Who refuses says why, at the limit and not before. */
  private check(when: string, { code, limit, current, retryAfterMs = 0 }: Refusal): void {
    if (code !== this.rule.code) throw this.violation(when, `one was refused with ${code}`)
    if (limit !== this.limit || current !== this.limit) {
      throw this.violation(when, `a refusal says ${current} of ${limit}`)
    }
    // A rate of none at all never passes.
    if (limit > 0 && retryAfterMs > WINDOW_MS) throw this.violation(when, `a refusal says to wait ${retryAfterMs} ms`)
  }

  private violation(when: string, what: string): Violation {
    const { rule, limit, parents } = this
    const through = parents.length === 1 ? 'one parent' : `${parents.length} parents`
    return new Violation(`${rule.name} ${limit}, ${CALLERS} callers through ${through}, ${when}: ${what}`)
  }
}
