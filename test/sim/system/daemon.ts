/** One life of the daemon: the real supervisor, fleet, lanes and trees, between simulated hosts and a simulated launcher. */

import type { Limits } from '../../../protocol/limits.js'
import { createProcessBook } from '../../../src/daemon/book.js'
import { type Budgets, createBudgets } from '../../../src/daemon/budgets.js'
import type { DaemonContext } from '../../../src/daemon/context.js'
import { createEarlyMoves } from '../../../src/daemon/early-moves.js'
import { takeOver } from '../../../src/daemon/takeover.js'
import { createTokenTable } from '../../../src/daemon/tokens.js'
import { persist } from '../../../src/persist.js'
import { checkOptions } from '../../../src/supervisor/options.js'
import { EspalierSupervisor } from '../../../src/supervisor/supervisor.js'
import type { Canary } from './canaries.js'
import { checkHost } from './checks.js'
import type { SimulatedDisk } from './disk.js'
import { SimulatedHost } from './host.js'
import type { Kernel } from './kernel.js'
import { SimulatedLauncher } from './launcher.js'
import { type Entry, pidTableBytes, replay } from './ledger.js'
import type { Random } from './random.js'
import type { VirtualTime } from './time.js'
import { Violation } from './violation.js'
import { Witness } from './witness.js'

/** Hosts of each daemon. */
export const HOSTS = 2
/** The table holds the daemon's own pid (`asDaemon` of run.ts) and those of the kernel. */
const PID_MAX = 100

export interface World {
  readonly random: Random
  readonly time: VirtualTime
  readonly kernel: Kernel
  readonly limits: ReadonlyMap<string, Limits>
  readonly disk: SimulatedDisk
  readonly canary: Canary | null
  readonly reached: Map<string, number>
  /** Whether a daemon has died: what it had granted to a parent is then found, not granted. */
  hasTakenOver: boolean
  /** Says what happens, for whoever reads a failure. */
  readonly note: (line: string) => void
}

export class SimulatedDaemon {
  readonly supervisor: EspalierSupervisor
  readonly launcher: SimulatedLauncher
  readonly hosts: SimulatedHost[] = []
  /** Deaths of its hosts: past five within a minute one is given up. */
  deaths = 0
  isReady = false
  private budgets: Budgets | null = null
  private readonly world: World
  private readonly ledger: Entry[] = []
  private readonly witness: Witness

  constructor(world: World) {
    this.world = world
    const { time, canary } = world
    this.witness = new Witness(world.reached)
    this.launcher = new SimulatedLauncher(world.kernel, world.random, canary?.losesExits ?? false)
    const pids = new SharedArrayBuffer(pidTableBytes(PID_MAX))
    const clock = { cell: time.cell, originMs: 0 }
    this.supervisor = new EspalierSupervisor(checkOptions({ hosts: HOSTS, clock: time }), {
      launcher: this.launcher,
      pids,
      clock,
      startHost: (lane, buffers, listening, listener, onDeath) => {
        const hostClock = canary?.clockAheadMs ? ahead(time.nowMs, canary.clockAheadMs) : clock
        const host = new SimulatedHost({
          facts: { lane, lanes: HOSTS, supervisorPid: 1, buffers, pids, clock: hostClock, listening },
          listener,
          onDeath,
          commit: entry => {
            this.ledger.push(entry)
            this.witness.see(entry)
          },
          nowMs: () => time.nowMs,
          committed: () => this.ledger.length,
          beforeWork: () => {
            if (canary?.clockAheadMs && hostClock.cell)
              new Float64Array(hostClock.cell)[0] = time.nowMs + canary.clockAheadMs
          },
          bugs: canary ?? {},
        })
        this.hosts[lane] = host
        return host
      },
      stopHosts: async () => undefined,
    })
  }

  /** Registers the services and takes over what a daemon before this one left. */
  async start(): Promise<void> {
    const { limits, canary, disk, kernel, note } = this.world
    const { store, records } = await disk.open(note)
    this.budgets = createBudgets(this.supervisor, store, records)
    for (const [name, { lifetime }] of limits) {
      const [charged, started] = [this.budgets.chargesOf(name), kernel.startedEver.get(name) ?? 0]
      if (lifetime !== null && charged < started) throw new Violation(`${name}: ${started} started, ${charged} charged`)
    }
    this.supervisor.resume({ decisions: 0, chargesOf: this.budgets.chargesOf })
    await Promise.all([...limits.keys()].map(name => this.budgets?.register(name)))
    await Promise.all(
      [...limits].map(([name, bounds]) => persist(() => this.supervisor.registerService(name, inputOf(bounds)))),
    )
    const context = this.context()
    for (const name of limits.keys()) {
      if (canary?.forgetsSurvivors) continue
      await takeOver(context, name, this.launcher.found(name))
    }
    this.isReady = true
  }

  /** Stores that a grant was given, before what it was given for starts. */
  async charge(service: string): Promise<void> {
    if (!this.world.canary?.forgetsCharges) await this.budgets?.charge(service)
  }

  /** @throws {Violation} */
  check(): void {
    const { limits, hasTakenOver } = this.world
    for (const { grove } of this.hosts) {
      const isBounded = (service: string) => !hasTakenOver && limits.get(service)?.terminationPolicy !== 'reparent'
      checkHost(grove, limits, isBounded, hasTakenOver)
    }
  }

  checkReplay(): void {
    const groves = this.hosts.map(({ grove }) => grove)
    replay(this.ledger, groves, pidTableBytes(PID_MAX), this.world.canary?.corrupt)
  }

  liveIn(service: string): number {
    return this.witness.liveIn(service)
  }

  /** From here on nothing of it acts. */
  die(): void {
    this.isReady = false
    this.world.disk.cut()
    for (const host of this.hosts) void host.close()
    this.launcher.cut()
    this.world.time.forgetAll()
  }

  private context(): DaemonContext {
    const context: Partial<DaemonContext> = {
      core: this.supervisor,
      book: createProcessBook(),
      earlyMoves: createEarlyMoves(),
      tokens: createTokenTable(),
      groups: new Map(),
      history: { stored: () => Promise.resolve() } as DaemonContext['history'],
      tell: () => undefined,
      check: () => undefined,
    }
    return context as DaemonContext
  }
}

/** A host's own clock, which is wrong. */
function ahead(nowMs: number, byMs: number): { cell: SharedArrayBuffer; originMs: number } {
  const cell = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)
  new Float64Array(cell)[0] = nowMs + byMs
  return { cell, originMs: 0 }
}

function inputOf(limits: Limits) {
  const { depth, children, descendants, totalMemory, terminationPolicy, rate, serviceRate, lifetime } = limits
  return {
    depth,
    children,
    descendants,
    totalMemory: totalMemory ?? ('none' as const),
    terminationPolicy,
    rate: rate ?? ('none' as const),
    serviceRate: serviceRate ?? ('none' as const),
    lifetime: lifetime ?? ('none' as const),
  }
}
