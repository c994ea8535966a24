/** One seed: a system is built, used and hurt step by step; after each step it is checked, and at the end left to come to rest. */

import { EspalierError } from '../../../protocol/failures.js'
import type { Limits } from '../../../protocol/limits.js'
import { orderEnd } from '../../../src/order.js'
import { spawnChild } from '../../../src/spawn.js'
import { asDaemon } from './as-daemon.js'
import { DEATHS_MAX, IDLE_ROUNDS, REPLAY_STEPS, REST_ROUNDS, SERVICES, STEPS } from './bounds.js'
import type { Canary } from './canaries.js'
import { SimulatedDaemon, type World } from './daemon.js'
import { Kernel } from './kernel.js'
import { describe, drawLimits } from './limits.js'
import { Random } from './random.js'
import { launchRoot, word } from './root.js'
import { settled, VirtualTime } from './time.js'
import { mustEqual, Violation } from './violation.js'

export interface Outcome {
  readonly steps: number
  /** Null: nothing was violated. */
  readonly violation: string | null
  /** What happened, oldest first. */
  readonly history: readonly string[]
}

/** Plays a seed, 0 to 2^32 - 1; at most `stepsMax` steps of it. */
export async function runSeed(
  seed: number,
  canary: Canary | null,
  reached: Map<string, number>,
  stepsMax = Number.POSITIVE_INFINITY,
): Promise<Outcome> {
  const stepBack = asDaemon()
  const run = new Run(seed, canary, reached)
  try {
    await run.play(stepsMax)
    return { steps: run.steps, violation: null, history: run.history }
  } catch (error) {
    const violation =
      error instanceof Error ? (error instanceof Violation ? error.message : (error.stack ?? '')) : String(error)
    return { steps: run.steps, violation, history: run.history }
  } finally {
    stepBack()
  }
}

class Run {
  steps = 0
  readonly history: string[] = []
  private readonly random: Random
  private readonly world: World
  private daemon: SimulatedDaemon
  /** What agents have asked and were not answered. */
  private underWay = 0
  private problem: unknown = null

  constructor(seed: number, canary: Canary | null, reached: Map<string, number>) {
    const random = new Random(seed)
    const time = new VirtualTime()
    time.rule()
    this.random = random
    this.world = {
      random,
      time,
      kernel: new Kernel(random, () => time.nowMs),
      limits: new Map(SERVICES.map(name => [name, drawLimits(random)])),
      canary,
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

  private async after(): Promise<void> {
    await settled()
    if (this.problem !== null) throw this.problem
    this.daemon.check()
    for (const [service, { descendants }] of this.world.limits) {
      const running = this.world.kernel.living(service)
      const below = running.filter(({ isRoot }) => !isRoot).length
      if (below > descendants) throw new Violation(`${service}: ${below} descendants run, ${descendants} at most`)
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
    else if (at < 977) this.killDaemon()
    else if (at < 982) {
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
    if (!this.daemon.isReady || parent === undefined) return
    const name = `n${this.steps}`
    const ttlMs = limits.terminationPolicy !== 'reparent' && random.chance(10) ? 300 : null
    world.note(`${parent.pid} asks ${service} for ${name}${ttlMs === null ? '' : `, for ${ttlMs} ms`}`)
    this.await(
      spawnChild(this.daemon.supervisor, {
        service,
        parentPid: parent.pid,
        name,
        command: name,
        args: [],
        env: {},
        cwd: undefined,
        ttlMs,
        stdin: 'ignore',
        word: word('child', name, ttlMs),
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

  private killDaemon(): void {
    this.world.note('the daemon dies')
    this.daemon.die()
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
