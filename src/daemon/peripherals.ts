/** Processes that nobody asked for: recorded when the meter finds them, forgotten when it finds them no more. */

import { NAME_LENGTH_MAX } from '../../protocol/ids.js'
import type { Core } from '../core.js'
import type { FoundFork } from '../meter/sampler.js'
import { hasEnded, readIdentity, signalProcess } from '../os/process.js'
import { persistIfPossible } from '../persist.js'
import type { ProcessBook } from './book.js'

/** An undeclared fork, as it is shown. */
export interface Peripheral {
  readonly isPeripheral: true
  readonly service: string
  readonly name: string
  readonly pid: number
  readonly startTicks: number
  /** Nearest process above it that was asked for; null when those are gone. */
  parentPid: number | null
  readonly depth: number
  readonly command: string
  /** Unix ms. */
  readonly startedAt: number
  readonly ttlMs: null
  state: 'running' | 'ending'
  cpuPercent: number | null
  rssBytes: number | null
}

/** Recorded in one round, at most; the others are in the next. */
const NEW_MAX = 4096

/** Grace of a service that the books know no more, in ms. */
const GRACE_FALLBACK_MS = 5000

export interface Peripherals {
  /** Takes what is there now: records what is new, forgets what is gone. */
  see(found: readonly FoundFork[]): void
  find(pid: number): Peripheral | undefined
  living(service: string): readonly Peripheral[]
  /** Forgets those of a service that has ended, without waiting for the meter, as far as they are gone. */
  lookAgain(service: string): Promise<void>
  /** Those of `pids` that are peripherals get TERM, and after the grace of their service KILL. Each is looked at before it is signalled. */
  end(pids: readonly number[]): void
}

/** None so far. */
export function createPeripherals(core: Core, book: ProcessBook): Peripherals {
  const byPid = new Map<number, Peripheral>()
  /** Orphans of the last round by pid, with their start ticks. */
  let orphans: ReadonlyMap<number, number> = new Map()
  const isLaunched = (pid: number) => book.find(pid) !== undefined || core.launcher.living().includes(pid)

  const record = (peripheral: Peripheral, parentPid: number) => {
    const { service, name, pid, startTicks, startedAt, command } = peripheral
    const child = { name, pid, startTicks, startedAt, command, kind: 'peripheral' } as const
    // What the books refuse, for they know its pid as another, is shown all the same.
    void persistIfPossible(() => core.recordSpawn(parentPid, child, { rootHint: service }))
  }
  const forget = async (peripheral: Peripheral) => {
    const { pid, startTicks } = peripheral
    byPid.delete(pid)
    // One that was launched after all, or a new one with its pid, has the record under it.
    if (isLaunched(pid)) return
    const child = await persistIfPossible(() => core.recordSpawnExit(pid, { startTicks, reason: 'unknown' }))
    if (child !== null && !isLaunched(pid)) core.cast.removeChild(pid)
  }

  const living = (service: string) =>
    [...byPid.values()].filter(one => one.service === service && book.find(one.pid)?.startTicks !== one.startTicks)
  /** A round of the meter that began before the end of a service tells of what it had. */
  const isOver = (service: string) => {
    const keepers = core.launcher.keepers?.() ?? []
    return !keepers.some(keeper => keeper.service === service) && book.living(service).length === 0
  }

  return {
    see(found) {
      const there = new Map(found.map(fork => [fork.pid, fork]))
      for (const peripheral of byPid.values()) {
        const fork = there.get(peripheral.pid)
        if (fork?.startTicks === peripheral.startTicks) peripheral.parentPid = fork.ancestorPid
        else void forget(peripheral)
      }
      const launched = new Set(core.launcher.living())
      let room = NEW_MAX
      for (const fork of found) {
        if (byPid.has(fork.pid) || launched.has(fork.pid) || book.find(fork.pid) !== undefined) continue
        const parent = fork.ancestorPid === null ? undefined : book.find(fork.ancestorPid)
        const service = parent?.service ?? fork.service
        if (service === null || isOver(service)) continue
        // A child of the keeper may be a spawn of which we have not heard yet. What was said before this round was asked for is heard by the next.
        const isOrphan = fork.ancestorPid === null
        if (isOrphan && orphans.get(fork.pid) !== fork.startTicks) continue
        if (room-- <= 0) continue
        const peripheral = fromFork(fork, service, parent === undefined ? 1 : parent.depth + 1)
        byPid.set(fork.pid, peripheral)
        // Nobody has our own pid for a parent: an orphan hangs where the hint says.
        record(peripheral, fork.ancestorPid ?? process.pid)
      }
      orphans = new Map(found.filter(one => one.ancestorPid === null).map(one => [one.pid, one.startTicks]))
    },
    find: pid => byPid.get(pid),
    living,
    async lookAgain(service) {
      await Promise.all(living(service).filter(hasGone).map(forget))
    },
    end(pids) {
      for (const pid of pids) {
        const peripheral = byPid.get(pid)
        if (peripheral === undefined || peripheral.state === 'ending') continue
        peripheral.state = 'ending'
        const graceMs = core.limitsOf(peripheral.service)?.graceMs ?? GRACE_FALLBACK_MS
        signalProcess(pid, peripheral.startTicks, 'SIGTERM')
        setTimeout(() => signalProcess(pid, peripheral.startTicks, 'SIGKILL'), graceMs).unref()
      }
    },
  }
}

function hasGone({ pid, startTicks }: Peripheral): boolean {
  const there = readIdentity(pid)
  return there === null || hasEnded(there) || there.startTicks !== startTicks
}

function fromFork(fork: FoundFork, service: string, depth: number): Peripheral {
  const { pid, startTicks, ancestorPid, command, ageMs, cpuPercent, rssBytes } = fork
  return {
    isPeripheral: true,
    service,
    name: nameOf(fork),
    pid,
    startTicks,
    parentPid: ancestorPid,
    depth,
    command,
    startedAt: Date.now() - Math.round(ageMs),
    ttlMs: null,
    state: 'running',
    cpuPercent,
    rssBytes,
  }
}

/** The kernel's name of it in the alphabet of names; it chose that itself. */
function nameOf({ name, pid }: FoundFork): string {
  return name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, NAME_LENGTH_MAX) || `pid-${pid}`
}
