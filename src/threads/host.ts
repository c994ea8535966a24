/** A host thread: drives its trees from a data port and answers a control port, until the data port is closed. */

import { type MessagePort, receiveMessageOnPort, threadId } from 'node:worker_threads'
import { expose } from 'comlink/dist/esm/comlink.mjs'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { Driver, type DriverFacts } from '../lane/driver.js'
import type { HostReport } from '../lane/link.js'
import { stayAwake } from './awake.js'

/** What a host thread is born with. */
export interface HostTask extends DriverFacts {
  readonly data: MessagePort
  readonly control: MessagePort
}

/** How a host may be made to die. */
export type Mishap = 'throw' | 'exit' | 'memory'

/** How a host is. */
export interface HostHealth {
  readonly threadId: number
  readonly applied: number
}

/** What the control plane may ask of a host. Every call is raced against the thread's death and a deadline. */
export interface HostControl {
  /** The services, once `applied` operations have been applied. */
  report(applied: number): HostReport
  /** Answers as soon as the thread is not busy: which thread it is, and how many operations it has applied. */
  health(): HostHealth
  /** Ends this thread as a mistake would. For tests and benches. */
  fail(how: Mishap): void
}

/** The task that piscina runs for as long as the host lives. */
export function host(task: HostTask): Promise<void> {
  const { data, control } = task
  const driver = new Driver(task, message => {
    data.postMessage(message)
    if (message instanceof Int32Array) stayAwake(message.length)
  })
  const takeWaiting = () => {
    for (let next = receiveMessageOnPort(data); next !== undefined; next = receiveMessageOnPort(data)) {
      driver.take(next.message)
    }
    driver.rest()
  }
  data.on('message', (frame: Int32Array) => {
    driver.take(frame)
    takeWaiting()
  })
  const door: HostControl = {
    report(applied) {
      if (driver.grove.applied < applied) takeWaiting()
      return driver.report()
    },
    health: () => ({ threadId, applied: driver.grove.applied }),
    fail,
  }
  expose(door, nodeEndpoint(control))
  return new Promise(resolve => {
    data.on('close', () => {
      driver.stop()
      control.close()
      resolve()
    })
  })
}

function fail(how: Mishap): void {
  if (how === 'exit') process.exit(3)
  if (how === 'memory') {
    const hoard: unknown[] = []
    for (;;) hoard.push(new Array(1e6).fill({}))
  }
  setImmediate(() => {
    throw new Error('a broken invariant, as asked for')
  })
}
