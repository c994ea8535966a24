/** The pool of host threads: piscina starts them, notices their death and starts their successors. */

import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { type Remote, wrap } from 'comlink/dist/esm/comlink.mjs'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { Piscina } from 'piscina'
import type { Buffers } from '../../actors/tree/buffers.js'
import { EspalierError } from '../../protocol/failures.js'
import type { ClockFacts } from '../clock.js'
import type { HostReport, Link, LinkListener, Said } from '../lane/link.js'
import { stayAwake } from './awake.js'
import type { HostControl, HostHealth, HostTask, Mishap } from './host.js'

/** A control call that is not answered in this time fails with `timeout`, in ms. */
const CONTROL_DEADLINE_MS = 5_000

/** Heap of a host beyond its shared memory, in MiB: it holds frames and events for moments, so more is a mistake. */
const HEAP_MAX_MIB = 512

/** What the hosts of a supervisor share. */
export interface PoolFacts {
  readonly hosts: number
  readonly pids: SharedArrayBuffer
  readonly clock: ClockFacts
}

export class HostPool {
  private readonly facts: PoolFacts
  private readonly piscina: Piscina

  constructor(facts: PoolFacts) {
    this.facts = facts
    this.piscina = new Piscina({
      filename: new URL('./host.js', import.meta.url).href,
      name: 'host',
      minThreads: facts.hosts,
      maxThreads: facts.hosts,
      // One task a thread, for as long as the thread lives.
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      recordTiming: false,
      trackUnmanagedFds: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MIB },
    })
    // A thread that dies before its task began has no task to reject.
    this.piscina.on('error', () => undefined)
  }

  /** Starts a host on `buffers`. `onDeath` is called once, when its thread is gone or its task is over. */
  start(
    lane: number,
    buffers: Buffers,
    listening: boolean,
    listener: LinkListener,
    onDeath: (cause: unknown) => void,
  ): ThreadLink {
    const data = new MessageChannel()
    const control = new MessageChannel()
    const task: HostTask = {
      lane,
      lanes: this.facts.hosts,
      supervisorPid: process.pid,
      data: data.port1,
      control: control.port1,
      buffers,
      pids: this.facts.pids,
      clock: this.facts.clock,
      listening,
    }
    const link = new ThreadLink(data.port2, control.port2, listener)
    const run: Promise<void> = this.piscina.run(task, { transferList: [data.port1, control.port1] })
    run.then(
      () => link.over(null, onDeath),
      (cause: unknown) => link.over(cause, onDeath),
    )
    return link
  }

  /** Ends every thread. */
  destroy(): Promise<void> {
    return this.piscina.destroy()
  }
}

/** The link to a host on a thread. */
export class ThreadLink implements Link {
  private readonly data: MessagePort
  private readonly controlPort: MessagePort
  // Held, for a proxy that is collected takes its actor with it.
  private readonly control: Remote<HostControl>
  private readonly listener: LinkListener
  private readonly death: Promise<never>
  private die: (error: Error) => void = () => undefined

  constructor(data: MessagePort, control: MessagePort, listener: LinkListener) {
    this.data = data
    this.controlPort = control
    this.listener = listener
    this.control = wrap<HostControl>(nodeEndpoint(control))
    this.death = new Promise((_resolve, reject) => {
      this.die = reject
    })
    this.death.catch(() => undefined)
    data.on('message', (message: Int32Array | Said) => this.deliver(message))
    data.unref()
    control.unref()
  }

  post(frame: Int32Array): void {
    this.data.postMessage(frame)
    stayAwake(frame.length)
  }

  drain(): void {
    for (let next = receiveMessageOnPort(this.data); next !== undefined; next = receiveMessageOnPort(this.data)) {
      this.deliver(next.message)
    }
  }

  report(applied: number): Promise<HostReport> {
    return this.raced(this.control.report(applied))
  }

  /** How the host is. @throws {EspalierError} `timeout`, `host_lost` */
  health(): Promise<HostHealth> {
    return this.raced(this.control.health())
  }

  /** Makes the thread die; never answered. For tests and benches. */
  fail(how: Mishap): void {
    this.raced(this.control.fail(how)).catch(() => undefined)
  }

  /** Keeps the process alive while something is asked of the thread. */
  hold(held: boolean): void {
    if (held) this.data.ref()
    else this.data.unref()
  }

  async close(): Promise<void> {
    this.data.close()
    this.controlPort.close()
  }

  /** The thread is gone: takes what it still said, then tells. */
  over(cause: unknown, onDeath: (cause: unknown) => void): void {
    this.drain()
    this.die(new EspalierError('host_lost', 'the host died before it answered', { cause }))
    this.data.close()
    this.controlPort.close()
    onDeath(cause)
  }

  private deliver(message: Int32Array | Said): void {
    if (message instanceof Int32Array) this.listener.answers(message)
    else this.listener.said(message)
  }

  private raced<T>(call: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new EspalierError('timeout', `a host did not answer its control port in ${CONTROL_DEADLINE_MS} ms`))
      }, CONTROL_DEADLINE_MS)
    })
    return Promise.race([call, this.death, deadline]).finally(() => clearTimeout(timer))
  }
}
