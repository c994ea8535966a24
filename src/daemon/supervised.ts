/** A service that the daemon looks after: its root, and what follows when that has ended. */

import { constants } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { decideRestart, NO_RESTARTS, type RestartLog, type Verdict } from '../../actors/restarts/restarts.js'
import type { Exit } from '../../protocol/children.js'
import { EspalierError } from '../../protocol/failures.js'
import { RESTART_DEFAULTS, type RestartPolicy, type ServicePhase } from '../../protocol/restarts.js'
import type { DaemonContext, ServiceRun } from './context.js'
import { emptyService, graceOf } from './ending.js'
import { logPlanOf } from './log-plan.js'
import type { ManagedProcess } from './process.js'
import { awaitReady } from './readiness/await-ready.js'
import { probePlace } from './readiness/place.js'
import { openRootLines, type RootLines } from './readiness/root-lines.js'
import { startRoot } from './roots.js'
import { meetService, takeOverService } from './service.js'
import { underWay } from './under-way.js'

type Restart = Extract<Verdict, { kind: 'restart' }>

export class Supervised {
  /** Resolves with the last exit of its root, when no other follows. */
  readonly ended: Promise<Exit>
  readonly #context: DaemonContext
  readonly #environment: Readonly<NodeJS.ProcessEnv>
  /** Aborted when nothing of it is to start any more. */
  readonly #halted = new AbortController()
  readonly #orderToEnd: Promise<void>
  #service: ServiceRun
  #phase: ServicePhase = { kind: 'starting' }
  #log: RestartLog = NO_RESTARTS
  #restarts = 0
  #orders = 0
  #root: ManagedProcess | null = null
  #isReady = false
  /** Its first root may exist already, and be in no book yet. */
  #isLaunching = false
  #lines: RootLines | null = null
  #isTakenOver = false
  #settle: (exit: Exit) => void = () => undefined

  constructor(context: DaemonContext, service: ServiceRun, environment: Readonly<NodeJS.ProcessEnv>) {
    this.#context = context
    this.#service = service
    this.#environment = environment
    this.ended = new Promise(settle => {
      this.#settle = settle
    })
    this.#orderToEnd = new Promise(settle => {
      this.#halted.signal.addEventListener('abort', () => settle(), { once: true })
    })
    context.stopping.delete(service.name)
    context.supervised.set(service.name, this)
    context.hooks.set(service)
  }

  get phase(): ServicePhase {
    return this.#phase
  }

  /** How often its root was started again. */
  get restarts(): number {
    return this.#restarts
  }

  /** Whether nothing of it starts any more by itself. */
  get isOver(): boolean {
    if (this.#phase.kind === 'ended') return true
    return this.#phase.kind === 'failed' && (this.#halted.signal.aborted || !this.#context.staysForFailed)
  }

  get name(): string {
    return this.#service.name
  }

  /** The services that must be ready before it starts. */
  get dependencies(): readonly string[] {
    return this.#service.dependsOn ?? []
  }

  get hasProbe(): boolean {
    return this.#service.ready !== undefined
  }

  /** The first root; null until there is one. */
  get root(): ManagedProcess | null {
    return this.#root
  }

  /** Whether a daemon before us left any of it. */
  get isTakenOver(): boolean {
    return this.#isTakenOver
  }

  /** How often it was ordered to end. */
  get orders(): number {
    return this.#orders
  }

  /** What takes its place, by what its config says now; it starts when it is brought up. */
  successor(): Supervised {
    return new Supervised(this.#context, this.#service, this.#environment)
  }

  /** Whether it was ordered to end. */
  get isHalted(): boolean {
    return this.#halted.signal.aborted
  }

  /** Makes it known to the books, and finds who keeps what a daemon before us left of it. @throws as `registerService` */
  async meet(): Promise<void> {
    await meetService(this.#context, this.#service)
  }

  /** Takes that over, once it was met. */
  async takeOver(): Promise<void> {
    const root = await takeOverService(this.#context, this.name)
    if (root === null) return
    this.#isTakenOver = true
    this.#follow(root)
  }

  /** Waits for others, or for an order to end. Rejects as `ready` does, unless it has been ordered to end. */
  async waitFor(names: readonly string[], ready: Promise<unknown>): Promise<void> {
    // Nobody may be left to hear of it.
    ready.catch(() => undefined)
    if (names.length === 0 || this.isHalted) return
    if (this.#root === null) {
      this.#phase = { kind: 'waiting', for: names }
      this.#context.tell({ kind: 'waiting', service: this.name, for: names })
    }
    await Promise.race([ready, this.#orderToEnd])
  }

  /** Starts its root, where nothing was taken over. @throws as `startRoot` */
  async start(): Promise<void> {
    if (this.#root !== null || this.isHalted) return
    this.#phase = { kind: 'starting' }
    if (this.#service.ready?.kind === 'log') this.#lines = openRootLines(this.#context, this.name)
    this.#isLaunching = true
    try {
      this.#follow(await underWay(this.#context, this.name, () => this.#launch()))
    } finally {
      this.#isLaunching = false
    }
  }

  /** Resolves when it is ready, or was ordered to end. @throws {EspalierError} `timeout`, or `unavailable` when it has ended for good */
  async becomeReady(): Promise<void> {
    const { ready } = this.#service
    // What it wrote before we came cannot be read again.
    const isBehindUs = ready?.kind === 'log' && this.#isTakenOver
    if (ready !== undefined && !isBehindUs && !this.isHalted) {
      const over = new AbortController()
      const signal = AbortSignal.any([this.#halted.signal, over.signal])
      const place = probePlace(this.#context, this.#service, this.#environment)
      const ended = this.ended.then(exit => {
        if (!this.isHalted) throw endedTooSoon(this.name, exit)
      })
      try {
        await Promise.race([awaitReady(ready, { service: this.name, place, lines: this.#lines, signal }), ended])
      } finally {
        over.abort()
      }
    }
    this.#isReady = true
    if (this.#phase.kind === 'starting' && this.#root !== null) this.#phase = { kind: 'running' }
  }

  /** It cannot be brought up, and others go on. What was started of it runs on; where nothing was, it has ended, with the code of a shell for that. */
  giveUp(): void {
    if (this.#root === null) this.#end({ ...unknownExit(), exitCode: 127, reason: 'self' }, { kind: 'ended' })
  }

  /** What its config says now counts from the next start, its hooks at once; one that has failed is started anew, with a clean record. */
  async renew(service: ServiceRun): Promise<void> {
    this.#service = service
    this.#context.hooks.set(service)
    this.#context.core.launcher.logTo?.(service.name, logPlanOf(this.#context, service))
    if (this.#phase.kind !== 'failed' || this.isHalted) return
    await this.#again({ kind: 'restart', delayMs: 0, count: 0, log: NO_RESTARTS })
  }

  /** An order to end: no restart follows, and one that is due is called off. What runs is for others to end. */
  halt(): void {
    this.#orders += 1
    this.#halted.abort()
    const hasNoRoot = this.#phase.kind === 'waiting' || (this.#phase.kind === 'starting' && this.#root === null)
    // As if TERM had come before its first instruction. One that is being launched has an end of its own, which is waited for.
    if (hasNoRoot && !this.#isLaunching)
      this.#end({ ...unknownExit(), signal: constants.signals.SIGTERM, reason: 'stop' }, { kind: 'ended' })
    this.#context.check()
  }

  #follow(root: ManagedProcess): void {
    this.#root ??= root
    this.#phase = this.#isReady || this.#service.ready === undefined ? { kind: 'running' } : { kind: 'starting' }
    const isGone = root.parentPid !== null && this.#policy.when !== 'never'
    // Taken over without its root, which a daemon before us saw end: what it would have done next is ours to do.
    if (isGone) this.#decide(unknownExit(), 0)
    else root.exited.then(exit => this.#decide(exit, Math.max(0, exit.finishedAt - root.startedAt)))
  }

  get #policy(): RestartPolicy {
    return this.#service.restart ?? RESTART_DEFAULTS
  }

  #decide(exit: Exit, livedMs: number): void {
    if (this.isHalted) {
      this.#end(exit, { kind: 'ended' })
      return
    }
    const end = { exit, livedMs, nowMs: performance.now(), chance: Math.random() }
    const verdict = decideRestart(this.#policy, this.#log, end)
    if (verdict.kind === 'restart') void this.#again(verdict, exit)
    else {
      const { name } = this.#service
      if (verdict.kind === 'failed') this.#context.tell({ ...verdict, kind: 'service_failed', service: name })
      this.#end(exit, verdict)
    }
  }

  #end(exit: Exit, phase: ServicePhase): void {
    this.#phase = phase
    this.#settle(exit)
    this.#context.check()
  }

  /** A restart, once its pause is over and nothing is left that the policy of the service ends. */
  async #again({ delayMs, count, log }: Restart, exit: Exit | null = null): Promise<void> {
    const { name } = this.#service
    const limit = this.#policy.intensity?.limit ?? null
    this.#log = log
    this.#phase = { kind: 'restarting', atMs: Date.now() + delayMs, count, limit }
    this.#context.tell({ kind: 'restarting', service: name, delayMs, count, limit })
    const root = await underWay(this.#context, name, () => this.#startAfter(delayMs))
    if (root instanceof EspalierError) {
      this.#context.tell({ kind: 'trouble', message: `${name} cannot be started again: ${root.message}` })
      this.#decide(unknownExit(), 0)
    } else if (root === null) this.#end(exit ?? unknownExit(), { kind: 'ended' })
    else {
      this.#restarts += 1
      this.#follow(root)
    }
  }

  /** Null: it was called off. */
  async #startAfter(delayMs: number): Promise<ManagedProcess | EspalierError | null> {
    const { signal } = this.#halted
    try {
      await Promise.all([pause(delayMs, signal), this.#clear()])
      if (signal.aborted) return null
      const { book, rights } = this.#context
      // Its rights are its config's of now, unless something runs that has those of before.
      if (book.living(this.#service.name).length === 0) rights.delete(this.#service.name)
      await this.meet()
      return (await takeOverService(this.#context, this.name)) ?? (await this.#launch())
    } catch (error) {
      if (error instanceof EspalierError) return error
      throw error
    }
  }

  async #launch(): Promise<ManagedProcess> {
    const root = await startRoot(this.#context, this.#service, this.#environment)
    // It was ordered to end while it was launched, and may have work to put away since.
    if (this.isHalted) await this.#context.core.launcher.end([root.pid], 'stop', graceOf(this.#context, this.name))
    return root
  }

  /** Under `cascade` nothing of the life before runs beside the next one, forks that nobody declared included. */
  async #clear(): Promise<void> {
    const { core } = this.#context
    if (core.limitsOf(this.#service.name)?.terminationPolicy !== 'cascade') return
    await emptyService(this.#context, this.#service.name)
  }
}

function unknownExit(): Exit {
  return { exitCode: null, signal: null, finishedAt: Date.now(), reason: 'unknown' }
}

function endedTooSoon(service: string, { exitCode, signal }: Exit): EspalierError {
  const how = signal === null ? `exit code ${exitCode ?? 'unknown'}` : `signal ${signal}`
  return new EspalierError('unavailable', `service ${service} ended before it was ready (${how})`)
}

/** Waits, or until the signal. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
