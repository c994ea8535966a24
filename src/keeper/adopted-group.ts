/** An adopted process as an order ends it: its group as that of any other, and all that hangs below it outside of that. */

import { setTimeout as delay } from 'node:timers/promises'
import type { TerminationReason } from '../../protocol/events.js'
import { EspalierError } from '../../protocol/failures.js'
import { type Deadline, startDeadline } from '../launcher/deadline.js'
import { KILL_WAIT_MS, LaunchedGroup } from '../launcher/group.js'
import { nameHoldup } from '../os/holdup.js'
import { Descendants } from './descendants.js'

/** Between two looks at what is being ended, in ms. */
const LOOK_MS = 100

/** The group waits for us with its KILL, which comes when all are stopped, in ms. */
const LONGER_MS = 2 * KILL_WAIT_MS

export class AdoptedGroup extends LaunchedGroup {
  readonly #descendants: Descendants
  #order: { readonly grace: Deadline; readonly done: Promise<void> } | null = null

  constructor(
    kept: { readonly pid: number; readonly startTicks: number; readonly exited: Promise<unknown> },
    service: string,
  ) {
    super(kept.pid, service, kept.exited)
    this.#descendants = new Descendants(kept.pid, kept.startTicks)
  }

  override end(reason: TerminationReason, graceMs: number): Promise<void> {
    if (this.#order === null) {
      const grace = startDeadline(graceMs)
      const done = this.#endAll(reason, graceMs, grace).finally(() => {
        grace.cancel()
        this.#order = null
      })
      this.#order = { grace, done }
    } else this.#order.grace.hasten(graceMs)
    return this.#order.done
  }

  async #endAll(reason: TerminationReason, graceMs: number, grace: Deadline): Promise<void> {
    // Before anybody has gone and left others without an ancestor.
    await this.#descendants.look()
    const group = super.end(reason, graceMs + LONGER_MS)
    // Awaited below, after the others.
    group.catch(() => undefined)
    await this.#descendants.signal('SIGTERM')
    await this.#descendants.signal('SIGCONT')
    if (!(await this.#emptied(grace))) {
      await this.#descendants.kill()
      const patience = startDeadline(KILL_WAIT_MS)
      await this.#emptied(patience)
      patience.cancel()
    }
    await super.end(reason, 0)
    const left = await this.#descendants.look()
    if (left.length === 0) return
    throw new EspalierError(
      'timeout',
      `process ${left.map(({ pid }) => nameHoldup(pid)).join(', ')} below an adopted one is still there ${KILL_WAIT_MS} ms after KILL: ` +
        'it hangs in the kernel, or runs as another user; end it as root, or look for a stuck disk or mount',
    )
  }

  async #emptied(deadline: Deadline): Promise<boolean> {
    while ((await this.#descendants.look()).length > 0) {
      if (deadline.isOver()) return false
      await Promise.race([delay(LOOK_MS), deadline.passed])
    }
    return true
  }
}
