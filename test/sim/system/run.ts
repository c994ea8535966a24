/** One seed: a system is built, used and hurt step by step; after each step it is checked, and at the end left to come to rest. */

import { EspalierError } from '../../../protocol/failures.js'
import type { Limits } from '../../../protocol/limits.js'
import { orderEnd } from '../../../src/order.js'
import { spawnChild } from '../../../src/spawn.js'
import { DEATHS_MAX, IDLE_ROUNDS, REPLAY_STEPS, REST_ROUNDS, SERVICES, STEPS } from './bounds.js'
import type { Canary } from './canaries.js'
import { SimulatedDaemon, type World } from './daemon.js'
import { SimulatedDisk } from './disk.js'
import { Kernel } from './kernel.js'
import { describe, drawLimits } from './limits.js'
import { Random } from './random.js'
import { launchRoot, word } from './root.js'
import { settled, VirtualTime } from './time.js'
import { mustEqual, Violation } from './violation.js'

/** The system, and what is done to it. */
export class Run {
  steps = 0
  readonly history: string[] = []
  private readonly random: Random
  private readonly world: World
  private daemon: SimulatedDaemon
  /** What agents have asked and were not answered. */
  private underWay = 0
  private problem: unknown = null
  private readonly stepBack: () => void

  constructor(seed: number, canary: Canary | null, reached: Map<string, number>) {
    const random = new Random(seed)
    const time = new VirtualTime()
    this.stepBack = time.rule()
    this.random = random
    this.world = {
      random,
      time,
      kernel: new Kernel(random, () => time.nowMs),
      limits: new Map(SERVICES.map(name => [name, drawLimits(random)])),
      canary,
      disk: new SimulatedDisk(random, canary ?? {}),
      reached,
      hasTakenOver: false,
      note: line => this.history.push(`${this.steps} at ${time.nowMs} ms: ${line}`),
    }
    for (const [name, limits] of this.world.limits) this.world.note(`service ${name} ${describe(limits)}`)
    this.daemon = this.startDaemon()
  }

  async play(stepsMax: number): Promise<void> {
    const steps = Math.min(stepsMax, this.random.between(STEPS.least, STEPS.most))
    await this.after()
    while (this.steps < steps) {
      this.steps++
      this.step()
      await this.after()
      if (this.steps % REPLAY_STEPS === 0) this.daemon.checkReplay()
    }
    await this.rest()
  }

  over(): void {
    this.daemon.die()
    this.stepBack()
  }

  private async after(): Promise<void> {
    await settled()
    if (this.problem !== null) throw this.problem
    this.daemon.check()
    const { world } = this
    for (const [service, { descendants, lifetime }] of world.limits) {
      const running = world.kernel.living(service)
      const below = running.filter(({ isRoot }) => !isRoot).length
      if (below > descendants) throw new Violation(`${service}: ${below} descendants run, ${descendants} at most`)
      const ever = world.kernel.startedEver.get(service) ?? 0
      if (lifetime !== null && ever > lifetime) throw new Violation(`${service}: ${ever} ever, ${lifetime} at most`)
      if (running.length - below > 1) throw new Violation(`${service}: ${running.length - below} roots run`)
    }
  }

  private step(): void {
    const { random, world } = this
    const at = random.below(1000)
    if (at < 620) this.deliver()
    else if (at < 780) this.spawn()
    else if (at < 850) this.exitOne()
    else if (at < 870) this.order()
    else if (at < 930) this.pass([1, 5, 20, 100, 400][random.below(5)])
    else if (at < 950) this.startRoot()
    else if (at < 972) this.killHost()
    else if (at < 982) this.killDaemon(at < 975)
    else if (at < 984) world.disk.isFull = this.daemon.isReady && !world.disk.isFull
    else if (at < 988) {
      world.kernel.isDiskFull = !world.kernel.isDiskFull
      world.note(world.kernel.isDiskFull ? 'the disk of the keepers is full' : 'the disk has room again')
      world.kernel.journal()
    } else this.measure()
  }

  /** Something that was sent arrives, in the order of its own way; which way is chance. */
  private deliver(): boolean {
    const { hosts, launcher } = this.daemon
    const ways = [
      ...hosts.filter(host => host.hasWork).map(host => () => host.work()),
      ...hosts.filter(host => host.hasSaid).map(host => () => void host.deliver()),
      ...launcher.ready().map(queue => () => queue.shift()?.()),
      ...(this.world.disk.hasWork ? [() => this.world.disk.work()] : []),
    ]
    this.random.pick(ways)?.()
    return ways.length > 0
  }

  private spawn(): void {
    const { random, world } = this
    const service = random.pick(SERVICES) ?? 'a'
    const limits = world.limits.get(service) as Limits
    const known = random.chance(90) ? world.kernel.living(service) : world.kernel.kept
    const parent = random.pick(known)
    const { daemon } = this
    if (!daemon.isReady || parent === undefined) return
    const name = `n${this.steps}`
    const ttlMs = limits.terminationPolicy !== 'reparent' && random.chance(10) ? 300 : null
    world.note(`${parent.pid} asks ${service} for ${name}${ttlMs === null ? '' : `, for ${ttlMs} ms`}`)
    this.await(
      spawnChild(daemon.supervisor, {
        service,
        parentPid: parent.pid,
        parentStartTicks: parent.startTicks,
        name,
        command: name,
        args: [],
        env: {},
        cwd: undefined,
        ttlMs,
        stdin: 'ignore',
        word: word('child', name, ttlMs),
        granted: () => daemon.charge(service),
      }),
      ({ pid }) => world.note(`${name} runs as ${pid}`),
      message => world.note(`${name}: ${message}`),
    )
  }

  private startRoot(): void {
    const { world, daemon } = this
    const service = this.random.pick(SERVICES) ?? 'a'
    if (!daemon.isReady || this.starting.has(service) || world.kernel.living(service).length > 0) return
    this.starting.add(service)
    const done = () => {
      if (this.daemon === daemon) this.starting.delete(service)
    }
    this.await(
      launchRoot(daemon, service).finally(done),
      pid => world.note(`the root of ${service} is ${pid}`),
      message => world.note(`the root of ${service}: ${message}`),
    )
  }

  private exitOne(): void {
    const kept = this.random.pick(this.world.kernel.living())
    if (kept === undefined) return
    this.world.note(`${kept.pid} of ${kept.service} ends`)
    const exitCode = this.random.below(3)
    this.world.kernel.end(kept, { exitCode, signal: null, reason: 'self' })
  }

  /** The oracle knows no orders, and under `reparent` an order is seen in the books. */
  private order(): void {
    const { world, daemon } = this
    const kept = this.random.pick(world.kernel.living())
    if (!daemon.isReady || kept === undefined) return
    if (world.limits.get(kept.service)?.terminationPolicy === 'reparent') return
    world.note(`${kept.pid} of ${kept.service} shall end with all below it`)
    this.await(
      orderEnd(daemon.supervisor, kept.pid, 'stop', 100),
      () => world.note(`${kept.pid} has ended`),
      message => world.note(`ending ${kept.pid}: ${message}`),
    )
  }

  private measure(): void {
    const kept = this.random.pick(this.world.kernel.living())
    if (kept === undefined || !this.daemon.isReady) return
    this.daemon.supervisor.cast.updateChildMetrics(kept.pid, 1, 1000 * this.random.below(9))
  }

  private pass(ms: number): void {
    this.world.time.advance(ms, error => this.fail(error))
  }

  private killHost(): void {
    const { daemon, random, world } = this
    const host = random.pick(daemon.hosts)
    if (host === undefined || daemon.deaths >= DEATHS_MAX) return
    daemon.deaths++
    const writes = host.hasWork ? random.below(40) : 0
    world.note(`host ${host.grove.lane} dies${host.hasWork ? ` after ${writes} writes` : ''}`)
    if (host.hasWork) host.work(writes)
    else host.die(new Error('killed'), random.chance(50))
  }

  private killDaemon(isMachine = false): void {
    this.world.note(isMachine ? 'the machine goes down' : 'the daemon dies')
    this.daemon.die()
    if (isMachine) this.world.kernel.goDown()
    if (isMachine) this.world.disk.goDown()
    this.world.hasTakenOver = true
    this.daemon = this.startDaemon()
  }

  private readonly starting = new Set<string>()

  private startDaemon(): SimulatedDaemon {
    this.starting?.clear()
    this.underWay = 0
    const daemon = new SimulatedDaemon(this.world)
    this.daemon = daemon
    this.await(
      daemon.start(),
      () => this.world.note('the daemon is ready'),
      message => this.fail(new Violation(`the daemon did not start: ${message}`)),
    )
    return daemon
  }

  /** What this daemon is asked, whose failures are answers and whose other errors are violations. */
  private await<T>(asked: Promise<T>, done: (value: T) => void, failed: (message: string) => void): void {
    const { daemon } = this
    this.underWay++
    const over = () => {
      if (this.daemon === daemon) this.underWay--
    }
    asked.then(
      value => {
        over()
        if (this.daemon === daemon) done(value)
      },
      (error: unknown) => {
        over()
        if (!(error instanceof EspalierError)) this.fail(error)
        else if (this.daemon === daemon) failed(`${error.code}: ${error.message}`)
      },
    )
  }

  private fail(error: unknown): void {
    // A fence that a dying host did not answer is asked again at the next tick.
    if (error instanceof EspalierError) return
    this.problem ??= error
  }

  private hasNews(): boolean {
    return this.underWay > 0 || this.daemon.launcher.ready().length > 0
  }

  /** Nothing is hurt any more: everything arrives, and what the books say is what runs. */
  private async rest(): Promise<void> {
    const { world } = this
    world.note('everything may come to rest')
    world.kernel.isDiskFull = false
    world.disk.isFull = false
    world.kernel.journal()
    let idle = 0
    for (let round = 0; round < REST_ROUNDS && idle < IDLE_ROUNDS; round++) {
      idle = this.hasNews() ? 0 : idle + 1
      while (this.deliver()) await settled()
      await this.after()
      this.pass(1000)
      await settled()
    }
    while (this.deliver()) await settled()
    await this.after()
    if (this.underWay > 0) throw new Violation(`${this.underWay} operations were never answered`)
    for (const service of SERVICES) {
      const running = world.kernel.living(service).filter(({ isRoot }) => !isRoot)
      mustEqual(this.daemon.liveIn(service), running.length, `${service}: in the books, against what runs`)
    }
    this.daemon.checkReplay()
  }
}
