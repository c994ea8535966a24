/** One process that a keeper keeps for us. */

import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { EXIT_REASONS, type Exit } from '../../protocol/children.js'
import { EspalierError } from '../../protocol/failures.js'
import type { Report } from '../../protocol/keeper/frames.js'
import { KEEPER_FLAGS } from '../../protocol/keeper/messages.js'
import type { ExitDetails, LaunchedProcess } from '../launch.js'
import { hasEnded, readIdentity } from '../os/process.js'
import { type KeeperDescriptors, type PipeKeeper, Pipes } from './pipes.js'

/** An exit as the keeper reports it. */
export type ExitRecord = Extract<Report, { kind: 'exit' }>['fields']

export class KeptProcess implements LaunchedProcess {
  readonly id: number
  readonly pid: number
  readonly startTicks: number
  readonly exited: Promise<Exit>
  readonly #pipes: Pipes
  readonly #signal: (signal: number) => void
  readonly #holds: Promise<unknown>[] = []
  #details: ExitDetails | null = null
  #hasExited = false
  #label: string | null = null
  #settle: (exit: Exit) => void = () => undefined

  constructor(
    who: { readonly id: number; readonly pid: number; readonly startTicks: number },
    keeper: PipeKeeper,
    fds: KeeperDescriptors,
    signal: (signal: number) => void,
  ) {
    this.id = who.id
    this.pid = who.pid
    this.startTicks = who.startTicks
    this.#signal = signal
    this.exited = new Promise(settle => {
      this.#settle = settle
    })
    this.#pipes = new Pipes(keeper, fds, this.exited)
  }

  get stdin(): Writable | null {
    return this.#pipes.stdin
  }

  get stdout(): Readable {
    return this.#pipes.stdout
  }

  get stderr(): Readable {
    return this.#pipes.stderr
  }

  get details(): ExitDetails | null {
    return this.#details
  }

  get hasExited(): boolean {
    return this.#hasExited
  }

  signal(signal: NodeJS.Signals | number): boolean {
    const number = signalNumber(signal)
    if (this.#hasExited) return false
    // It may have ended and its exit be on the way; the keeper, which reaps it, would not signal another either.
    const identity = readIdentity(this.pid)
    if (identity === null || hasEnded(identity) || identity.startTicks !== this.startTicks) return false
    if (number !== 0) this.#signal(number)
    return true
  }

  /** As `nameLog` was told; null: it is not logged. */
  get label(): string | null {
    return this.#label
  }

  nameLog(label: string): void {
    this.#label = label
  }

  holdExit(applied: Promise<unknown>): void {
    this.#holds.push(applied)
  }

  /** Resolves when everybody who holds the exit has applied it. Who was only just told of the launch has a turn to say so. */
  async applied(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    await Promise.allSettled(this.#holds)
  }

  /** It was reaped. */
  ended(record: ExitRecord): void {
    this.#details = {
      coreDumped: (record.flags & KEEPER_FLAGS.exit_core) !== 0,
      startedAt: record.startedMs,
      userMs: record.userUs / 1000,
      systemMs: record.systemUs / 1000,
      maxRssBytes: record.maxRssBytes,
      minorFaults: record.minorFaults,
      majorFaults: record.majorFaults,
    }
    this.#pipes.settle((record.flags & KEEPER_FLAGS.exit_output) !== 0)
    const isSignalled = record.signal !== 0
    this.#finish({
      exitCode: isSignalled ? null : record.code,
      signal: isSignalled ? record.signal : null,
      finishedAt: record.endedMs,
      reason: EXIT_REASONS[record.reason - 1] ?? (isSignalled ? 'signal' : 'self'),
    })
  }

  /** Its keeper is gone: what was not opened of its pipes is out of reach, and the descriptors there are another's. */
  lostKeeper(): void {
    this.#pipes.release()
  }

  /** Opens its outputs now: who holds the other descriptors for them lets go. */
  openOutputs(): void {
    this.#pipes.settle(true)
  }

  /** It is gone, and nobody can say how. */
  vanished(reason: Exit['reason']): void {
    this.#pipes.settle(false)
    this.#finish({ exitCode: null, signal: null, finishedAt: Date.now(), reason })
  }

  #finish(exit: Exit): void {
    this.#hasExited = true
    this.#settle(exit)
  }
}

/** @throws {EspalierError} `invalid_input` for what is no signal */
function signalNumber(signal: NodeJS.Signals | number): number {
  const { signals } = constants
  if (signal === 0 || Object.values(signals).some(number => number === signal)) return Number(signal)
  if (typeof signal === 'string' && signal in signals) return signals[signal]
  throw new EspalierError('invalid_input', `'${signal}' is no signal; give a name such as 'SIGTERM' or its number`)
}
