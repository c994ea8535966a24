/** The launcher on keepers: one for each service, started with its first process and gone with its last order. */

import { setTimeout as delay } from 'node:timers/promises'
import type { TerminationReason } from '../../protocol/events.js'
import { EspalierError } from '../../protocol/failures.js'
import type { AbandonPolicy, Ask, FoundProcess, LaunchedProcess, Launcher, LaunchRequest, LogPlan } from '../launch.js'
import { launchFailure } from '../launcher/failure.js'
import type { LaunchedGroup } from '../launcher/group.js'
import { Census } from './census.js'
import type { KeeperHome } from './directory.js'
import { openEar, spawnSocketIn } from './ear.js'
import { endNodes, startServiceEnd } from './ending.js'
import type { HeardAsk } from './hearing.js'
import type { Keeper } from './keeper.js'
import type { KeptProcess } from './kept.js'
import { isKnown, type Known, parentOf } from './known.js'
import { nobody } from './launching.js'
import { lostLinesOf } from './lost-lines.js'
import { type KeeperPlan, openKeeper } from './open.js'
import type { Order } from './order.js'
import type { KeeperOwner } from './owner.js'
import { findStrays, logStrays, type Stray, watchStray } from './stray.js'
import { turnDown } from './turn-down.js'
import { settleAll } from './waiting.js'

/** Between two keepers of a service that are started because one died, in ms. */
const REPLACE_MS = 1000

/** Keepers that are tried to end a service with, where each is killed meanwhile. */
const END_TRIES = 3

/** Processes that are remembered after their exit, for forks of theirs; past it the oldest is forgotten, its forks end with the service. */
const REMEMBERED_MAX = 4096

/** A launcher whose keepers live in `home`. */
export function createKeeperLauncher(home: KeeperHome): Launcher {
  return new KeeperLauncher(home)
}

class KeeperLauncher implements Launcher, KeeperOwner {
  readonly #home: KeeperHome
  readonly #keepers = new Map<string, Promise<Keeper>>()
  /** Those that are linked. */
  readonly #linked = new Map<string, Keeper>()
  readonly #plans = new Map<string, KeeperPlan>()
  readonly #ending = new Map<string, Order>()
  readonly #living = new Map<number, Known>()
  /** Ended, by pid, the oldest first. */
  readonly #remembered = new Map<number, Known>()
  readonly #sockets = new Map<string, string>()
  /** When a service may be given another keeper, in ms of `performance.now()`. */
  readonly #replaceAtMs = new Map<string, number>()
  readonly #census = new Census()
  #listener: (ask: Ask) => void = turnDown

  constructor(home: KeeperHome) {
    this.#home = home
  }

  async launch(request: LaunchRequest): Promise<LaunchedProcess> {
    const keeper = await this.#keeperOf(request)
    const parent = parentOf(request, [this.#living, this.#remembered])
    const { logAs: label } = request
    const isLogged = label !== undefined && this.#planOf(request.service).logs !== null
    const asked = isLogged ? { ...request, stdout: { label }, stderr: { label } } : request
    const kept = await keeper.launch(asked, parent?.keeper === keeper ? parent.kept.id : 0)
    if (isLogged) kept.nameLog(label)
    return kept
  }

  logTo(service: string, logs: LogPlan): void {
    this.#plans.set(service, { ...this.#planOf(service), logs })
    this.#linked.get(service)?.plan.setLogs(logs)
  }

  async meet(service: string, policy: AbandonPolicy, cgroups: readonly string[] = []): Promise<void> {
    this.#plans.set(service, { ...this.#planOf(service), policy, cgroups })
    await this.#keeperOf(nobody(service))
  }

  async takeOver(service: string, adopt: (found: readonly FoundProcess[]) => Promise<void>): Promise<void> {
    const keeper = await this.#keeperOf(nobody(service))
    const isLogged = this.#planOf(service).logs !== null
    const strays = this.#home.isEphemeral ? [] : this.#findStrays(keeper, isLogged)
    for (const stray of strays) this.#adopt(stray, service)
    this.#tellStrays(keeper)
    await keeper.takeOver(found => adopt([...strays.map(stray => stray.found), ...found]))
    // They have names now.
    if (isLogged) logStrays(keeper, this.#straysOf(service))
  }

  #findStrays({ service, pid }: Keeper, isLogged: boolean): readonly Stray[] {
    const known = new Set(this.#living.keys())
    const keepers = [...this.#linked.values()].map(one => one.pid)
    const marked = this.#census.markedFor(pid, known, keepers).filter(one => !known.has(one.pid))
    return findStrays(this.#home.folderOf(service), pid, marked, isLogged)
  }

  /** Takes in a process whose keeper was killed before we came. */
  #adopt({ kept }: Stray, service: string): void {
    this.#remembered.delete(kept.pid)
    this.#living.set(kept.pid, { kept, service, keeper: null, group: watchStray(kept, service), order: null })
    kept.exited.then(() => this.exited(kept))
  }

  async end(pids: readonly number[], reason: TerminationReason, graceMs: number): Promise<void> {
    const known = [...new Set(pids)].map(pid => this.#living.get(pid) ?? this.#remembered.get(pid)).filter(isKnown)
    const orders = new Set<Promise<void>>()
    for (const one of known.filter(({ order }) => order !== null)) {
      one.order?.grace.hasten(graceMs)
      if (one.order !== null) orders.add(one.order.done)
    }
    const news = known.filter(({ order }) => order === null)
    for (const keeper of new Set(news.map(one => one.keeper))) {
      const mine = news.filter(one => one.keeper === keeper)
      if (keeper !== null) orders.add(endNodes(keeper, mine, reason, graceMs))
      else for (const { group } of mine) if (group !== null) orders.add(group.end(reason, graceMs))
    }
    await settleAll([...orders])
  }

  async endAll(service: string | null, graceMs: number): Promise<void> {
    for (const name of new Set(this.#watched(service).map(one => one.service))) await this.#followed(name)
    const services = service === null ? [...this.#keepers.keys()] : this.#keepers.has(service) ? [service] : []
    // The forks of an adopted process are found by a keeper; without one its group is all that there is.
    const alone = this.#watched(service).filter(one => !this.#keepers.has(one.service))
    await settleAll([
      ...services.map(name => this.#endService(name, graceMs)),
      ...alone.map(one => one.group?.end('stop', graceMs) ?? Promise.resolve()),
    ])
    if (this.#keepers.size === 0) this.#home.putAway()
  }

  setGrace(service: string, graceMs: number): void {
    const plan = this.#planOf(service)
    const policy = { ...plan.policy, graceMs }
    this.#plans.set(service, { ...plan, policy })
    this.#linked.get(service)?.plan.setPolicy(policy)
  }

  /** Adopted ones of one service or of all, those too that have ended and whose group may be left. */
  #watched(service: string | null): readonly Known[] {
    const known = [...this.#living.values(), ...this.#remembered.values()]
    return known.filter(one => one.group !== null && (service === null || one.service === service))
  }

  keepers(): readonly { readonly service: string; readonly pid: number }[] {
    return [...this.#linked].map(([service, { pid }]) => ({ service, pid }))
  }

  lostLines(): Promise<ReadonlyMap<string, number>> {
    return lostLinesOf([...this.#linked.values()])
  }

  living(service?: string): readonly number[] {
    const known = [...this.#living.values()]
    return known.filter(one => service === undefined || one.service === service).map(({ kept }) => kept.pid)
  }

  isStray(pid: number): boolean {
    return this.#living.get(pid)?.keeper === null
  }

  hear(listener: (ask: Ask) => void): void {
    this.#listener = listener
  }

  spawnSocketOf(service: string): string {
    // Remembered: asking for the folder of a service that has ended would make it again.
    const path = this.#sockets.get(service) ?? spawnSocketIn(this.#home.folderOf(service))
    this.#sockets.set(service, path)
    return path
  }

  openTo(service: string, uid: number): void {
    openEar(this.#home.folderOf(service), service, uid)
    this.#sockets.delete(service)
    this.#plans.set(service, { ...this.#planOf(service), uid })
  }

  asked(heard: HeardAsk, anchor: KeptProcess | null, keeper: Keeper): void {
    const { pid, strayPid, line, gone } = heard
    const answer = (bytes: Uint8Array, isLast: boolean) => heard.answer(bytes, isLast)
    const who = anchor ?? (strayPid !== null && this.isStray(strayPid) ? this.#living.get(strayPid)?.kept : null)
    const [anchorPid, anchorTicks] = [who?.pid ?? null, who?.startTicks ?? null]
    this.#listener({ service: keeper.service, pid, anchorPid, anchorTicks, line, gone, answer })
  }

  started(kept: KeptProcess, keeper: Keeper): void {
    this.#remembered.delete(kept.pid)
    this.#living.set(kept.pid, { kept, service: keeper.service, keeper, group: null, order: null })
  }

  exited(kept: KeptProcess): void {
    const known = this.#living.get(kept.pid)
    if (known?.kept !== kept) return
    this.#living.delete(kept.pid)
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.delete(this.#remembered.keys().next().value ?? 0)
    this.#remembered.set(kept.pid, known)
  }

  gone(keeper: Keeper, strays: readonly KeptProcess[]): void {
    this.#keepers.delete(keeper.service)
    if (this.#linked.get(keeper.service) === keeper) this.#linked.delete(keeper.service)
    for (const [pid, known] of this.#remembered) if (known.keeper === keeper) this.#remembered.delete(pid)
    for (const kept of strays) {
      const known = this.#living.get(kept.pid)
      if (known?.kept !== kept) continue
      known.keeper = null
      known.group = watchStray(kept, keeper.service)
      kept.exited.then(() => this.exited(kept))
      // What was being ended is ended now: nobody is left to carry out the rest of the grace.
      if (known.order !== null || this.#ending.has(keeper.service)) endQuietly(known.group)
    }
    if (!this.#home.isEphemeral && !this.#ending.has(keeper.service)) void this.#replace(keeper.service)
  }

  /** Its processes cannot ask without a keeper. One that dies at once is not followed at once. */
  async #replace(service: string): Promise<void> {
    await delay(Math.max(0, (this.#replaceAtMs.get(service) ?? 0) - performance.now()), undefined, { ref: false })
    this.#replaceAtMs.set(service, performance.now() + REPLACE_MS)
    if (this.living(service).length > 0) await this.#followed(service)
  }

  /** Makes sure of a keeper, where the folder shows it what the one before it kept. */
  async #followed(service: string): Promise<void> {
    if (this.#home.isEphemeral || this.#ending.has(service)) return
    try {
      await this.#keeperOf(nobody(service))
    } catch (error) {
      if (!(error instanceof EspalierError)) throw error
      process.emitWarning(`espalier: service ${service} has no keeper until it spawns: ${error.message}`)
    }
  }

  #tellStrays(keeper: Keeper): void {
    const strays = this.#straysOf(keeper.service)
    if (strays.length > 0) keeper.take(strays)
    if (this.#planOf(keeper.service).logs !== null) logStrays(keeper, strays)
  }

  #straysOf(service: string): readonly KeptProcess[] {
    const strays = [...this.#living.values()].filter(one => one.keeper === null && one.service === service)
    return strays.map(({ kept }) => kept)
  }

  /** The keeper of a service, started when there is none; while one is leaving, the next waits. */
  async #keeperOf(request: LaunchRequest): Promise<Keeper> {
    const { service } = request
    await this.#ending.get(service)?.done.catch(ignoreStuck)
    const there = this.#keepers.get(service)
    if (there !== undefined) return there
    const opening = openKeeper(service, this.#planOf(service), this.#home, this)
    this.#keepers.set(service, opening)
    try {
      const keeper = await opening
      if (!keeper.isGone) this.#linked.set(service, keeper)
      this.#tellStrays(keeper)
      return keeper
    } catch (error) {
      if (this.#keepers.get(service) === opening) this.#keepers.delete(service)
      throw launchFailure(request, 'ENOTCONN', error, 'keeper')
    }
  }

  #planOf(service: string): KeeperPlan {
    return this.#plans.get(service) ?? { policy: this.#home.policy, cgroups: [], uid: null, logs: null }
  }

  async #endService(service: string, graceMs: number, tries = 1): Promise<void> {
    const opening = this.#keepers.get(service)
    const under = this.#ending.get(service)
    if (under !== undefined) {
      under.grace.hasten(graceMs)
      return under.done
    }
    if (opening === undefined) return
    const order = startServiceEnd(opening, graceMs, () => this.#watched(service))
    this.#ending.set(service, order)
    try {
      await order.done
    } finally {
      this.#ending.delete(service)
    }
    // Killed while it ended others: the next one finds whom it has left.
    if ((await opening).hasEnded || this.#home.isEphemeral || tries === END_TRIES) return
    await this.#followed(service)
    await this.#endService(service, 0, tries + 1)
  }
}

function endQuietly(group: LaunchedGroup): void {
  group.end('stop', 0).catch(ignoreStuck)
}

function ignoreStuck(error: unknown): void {
  if (!(error instanceof EspalierError)) throw error
}
