/**
 * The work: authorize, record, exit, remove, over and over, with the strings and the parents of the reference's bench.
 * A parent makes at most 9 spawns a round, so the limit of 10 a second, which is on, never answers.
 */

import type { ChildInput, ExitInput } from '../../protocol/children.js'
import type { LimitsInput } from '../../protocol/limits.js'
import type { Grant, Refusal } from '../../protocol/refusals.js'

export const SERVICES = 10
export const CHILD_NAME = 'worker-agent'
export const COMMAND = '/usr/bin/agent --job'
export const LIMITS = { depth: 8, children: 4e6, descendants: 4e6 } as const
/** Pids there are for parents and children: a power of two below the largest pid. */
const PIDS = 2 ** 22

/** Who is asked. What a cast returns is not awaited. */
export interface Authority {
  /** With `LIMITS` unless others are given. */
  register(service: string, limits?: LimitsInput): Promise<unknown>
  registerRoot(service: string, pid: number): Promise<unknown>
  authorize(parentPid: number, name: string): Promise<Grant | Refusal>
  record(parentPid: number, child: ChildInput, ticket: number): unknown
  exit(pid: number, exit: ExitInput): unknown
  release(ticket: number): unknown
  remove(pid: number): unknown
  /** Resolves when everything before has been applied. */
  fence(): Promise<unknown>
}

export interface Shape {
  readonly population: number
  readonly exit: 'oldest' | 'random'
  readonly callers: number
  readonly cycles: number
  /** Whether each call is awaited, or only authorize. */
  readonly isAwaited: boolean
}

const EXIT: ExitInput = { exitCode: 0 }

/** How many parents it takes for none to spawn more than 9 times a round. */
export function parentsOf({ cycles, population }: Shape): number {
  return Math.ceil((cycles + population) / 8) + SERVICES
}

/** Registers and fills; gives what runs one round and says its cycles a second. */
export async function prepare(authority: Authority, shape: Shape): Promise<() => Promise<number>> {
  const parents = parentsOf(shape)
  for (let i = 0; i < SERVICES; i++) await authority.register(`svc-${i}`)
  const roots: Promise<unknown>[] = []
  for (let i = 0; i < parents; i++) roots.push(authority.registerRoot(`svc-${i % SERVICES}`, 1 + i))
  await Promise.all(roots)

  let turn = 0
  const nextParent = () => 1 + (turn++ % parents)
  const pids = new PidQueue(parents + 1)
  const living = new Living(shape.population, shape.exit === 'random')
  for (let i = 0; i < shape.population; i++) {
    const pid = pids.take()
    authority.record(nextParent(), { name: CHILD_NAME, pid, command: COMMAND }, 0)
    living.fill(pid)
    if (i % 10_000 === 0) await authority.fence()
  }
  await authority.fence()

  let left = 0
  // Twice the same, for an async function that both call would cost a promise more.
  const casting = async () => {
    while (left-- > 0) {
      const parent = nextParent()
      const grant = await authority.authorize(parent, CHILD_NAME)
      if (!grant.ok) throw new Error(`refused: ${grant.message}`)
      const pid = pids.take()
      authority.record(parent, { name: CHILD_NAME, pid, command: COMMAND }, grant.ticket)
      const gone = living.replace(pid)
      authority.exit(gone, EXIT)
      authority.remove(gone)
      pids.give(gone)
    }
  }
  const awaiting = async () => {
    while (left-- > 0) {
      const parent = nextParent()
      const grant = await authority.authorize(parent, CHILD_NAME)
      if (!grant.ok) throw new Error(`refused: ${grant.message}`)
      const pid = pids.take()
      await authority.record(parent, { name: CHILD_NAME, pid, command: COMMAND }, grant.ticket)
      const gone = living.replace(pid)
      await authority.exit(gone, EXIT)
      await authority.remove(gone)
      pids.give(gone)
    }
  }
  return async () => {
    left = shape.cycles
    const begunMs = performance.now()
    await Promise.all(Array.from({ length: shape.callers }, shape.isAwaited ? awaiting : casting))
    await authority.fence()
    return shape.cycles / ((performance.now() - begunMs) / 1000)
  }
}

/** Pids in turn, the one given back longest ago first. */
export class PidQueue {
  private readonly ring = new Int32Array(PIDS)
  private head = 0
  private tail = 0

  /** Holds every pid from `first` on. */
  constructor(first: number) {
    for (let pid = first; pid < PIDS; pid++) this.give(pid)
  }

  take(): number {
    return this.ring[this.head++ & (PIDS - 1)]
  }

  give(pid: number): void {
    this.ring[this.tail++ & (PIDS - 1)] = pid
  }
}

/** The children that live, of which the oldest or a random one gives way. */
export class Living {
  private readonly pids: Int32Array
  private readonly isRandom: boolean
  private at = 0
  private seed = 7

  constructor(population: number, isRandom: boolean) {
    this.pids = new Int32Array(population)
    this.isRandom = isRandom
  }

  fill(pid: number): void {
    this.pids[this.at++ % this.pids.length] = pid
  }

  replace(pid: number): number {
    if (this.isRandom) {
      this.seed = (Math.imul(this.seed, 1664525) + 1013904223) >>> 0
      this.at = (this.seed >>> 3) % this.pids.length
    } else if (++this.at >= this.pids.length) {
      this.at = 0
    }
    const gone = this.pids[this.at]
    this.pids[this.at] = pid
    return gone
  }
}
