/** A daemon's side of the keepers: what it asks travels to them, and what they say travels back, each when the simulation lets it. */

import type { Exit } from '../../../protocol/children.js'
import { EspalierError } from '../../../protocol/failures.js'
import type { FoundProcess, LaunchedProcess, Launcher, LaunchRequest } from '../../../src/launch.js'
import type { Kept, Kernel } from './kernel.js'
import type { Random } from './random.js'

/** One end of a link: in order, when it is let. */
type Queue = (() => void)[]

interface Known {
  readonly kept: Kept
  readonly process: LaunchedProcess
  readonly settle: (exit: Exit) => void
  readonly holds: Promise<unknown>[]
}

export class SimulatedLauncher implements Launcher {
  /** One pair a service. */
  readonly toKeeper = new Map<string, Queue>()
  readonly toDaemon = new Map<string, Queue>()
  private readonly known = new Map<number, Known>()
  private readonly kernel: Kernel
  private readonly random: Random
  private readonly losesExits: boolean

  constructor(kernel: Kernel, random: Random, losesExits: boolean) {
    this.kernel = kernel
    this.random = random
    this.losesExits = losesExits
    kernel.onExit = kept => this.reap(kept)
  }

  launch(request: LaunchRequest): Promise<LaunchedProcess> {
    const { service, parentPid = null, parentStartTicks = null, word = '' } = request
    return new Promise((resolve, reject) => {
      this.send(this.toKeeper, service, () => {
        const kept = this.random.chance(5) ? null : this.kernel.start(service, parentPid, parentStartTicks, word)
        this.send(this.toDaemon, service, () => {
          if (kept === null) reject(new EspalierError('launch_failed', 'EAGAIN at fork'))
          else resolve(this.know(kept).process)
        })
      })
    })
  }

  async end(pids: readonly number[], reason: Exit['reason']): Promise<void> {
    const ends = pids
      .map(pid => [...this.known.values()].findLast(({ kept }) => kept.pid === pid))
      .filter(known => known !== undefined)
    for (const { kept } of ends) {
      this.send(this.toKeeper, kept.service, () => this.kernel.end(kept, { exitCode: null, signal: 15, reason }))
    }
    await Promise.all(ends.map(({ process }) => process.exited))
  }

  endAll(service: string | null): Promise<void> {
    return this.end(this.living(service ?? undefined), 'stop')
  }

  living(service?: string): readonly number[] {
    const all = [...this.known.values()].filter(({ kept }) => service === undefined || kept.service === service)
    return all.map(({ kept }) => kept.pid)
  }

  /** What a daemon before this one left, in the order of ids. */
  found(service: string): FoundProcess[] {
    return this.kernel.tell(service).map(kept => {
      const process = kept.isAcknowledged ? null : this.know(kept).process
      if (kept.isJournalled && !kept.isAcknowledged) this.reap(kept)
      const { id, parentId, pid, startTicks, startedAt, word } = kept
      return { id, parentId, pid, startTicks, startedAt, word, hasEnded: kept.exit !== null, process }
    })
  }

  /** Queues that hold something. */
  ready(): Queue[] {
    return [...this.toKeeper.values(), ...this.toDaemon.values()].filter(queue => queue.length > 0)
  }

  /** The daemon has died: of what it sent some had left, and what was sent to it is lost. */
  cut(): void {
    this.kernel.onExit = () => undefined
    for (const queue of this.toKeeper.values()) {
      for (const arrived of queue.splice(0, this.random.below(queue.length + 1))) arrived()
    }
    this.toKeeper.clear()
    this.toDaemon.clear()
  }

  private send(queues: Map<string, Queue>, service: string, message: () => void): void {
    queues.set(service, [...(queues.get(service) ?? []), message])
  }

  private know(kept: Kept): Known {
    let settle: (exit: Exit) => void = () => undefined
    const exited = new Promise<Exit>(done => {
      settle = done
    })
    const holds: Promise<unknown>[] = []
    const process = {
      pid: kept.pid,
      startTicks: kept.startTicks,
      stdin: null,
      stdout: null,
      stderr: null,
      signal: () => false,
      exited,
      details: null,
      holdExit: (applied: Promise<unknown>) => void holds.push(applied),
    } as unknown as LaunchedProcess
    const known = { kept, process, settle, holds }
    this.known.set(kept.id, known)
    return known
  }

  private reap(kept: Kept): void {
    if (this.losesExits && this.random.chance(20)) return
    this.send(this.toDaemon, kept.service, () => {
      const known = this.known.get(kept.id)
      if (known === undefined || kept.exit === null) return
      this.known.delete(kept.id)
      known.settle(kept.exit)
      // A turn later everybody who holds it has said so.
      setImmediate(() => {
        Promise.allSettled(known.holds).then(() =>
          this.send(this.toKeeper, kept.service, () => {
            kept.isAcknowledged = true
          }),
        )
      })
    })
  }
}
