/** A host without a thread: the same actors, driven in the caller's own. */

import { Driver, type DriverFacts } from './driver.js'
import type { HostReport, Link, LinkListener } from './link.js'

export class InlineLink implements Link {
  private readonly driver: Driver

  constructor(facts: DriverFacts, listener: LinkListener) {
    this.driver = new Driver(facts, message => {
      if (message instanceof Int32Array) listener.answers(message)
      else listener.said(message)
    })
  }

  post(frame: Int32Array): void {
    this.driver.take(frame)
    this.driver.rest()
  }

  drain(): void {
    // Nothing is ever under way: `post` returns when all has been said.
  }

  async report(): Promise<HostReport> {
    return this.driver.report()
  }

  async close(): Promise<void> {
    this.driver.stop()
  }
}
