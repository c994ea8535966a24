/** The daemon: services of a config as real processes, and the sockets through which they and their operator speak. */

import type { Exit } from '../../protocol/children.js'
import { EspalierError } from '../../protocol/failures.js'
import { preparePrivateDirectory } from '../control/directory.js'
import { takeLock } from '../control/lock.js'
import type { RuntimePaths } from '../control/paths.js'
import { prepareStateDirectory } from '../control/state-directory.js'
import type { Core } from '../core.js'
import { clearGroups } from '../keeper/groups.js'
import type { Meter } from '../meter/meter.js'
import type { MetricsAddress } from '../metrics/address.js'
import { renderFamilies } from '../metrics/families.js'
import { serveMetrics } from '../metrics/serve.js'
import { storeFamilies } from '../metrics/store.js'
import { createProcessBook } from './book.js'
import { bringUp } from './bring-up.js'
import { createBudgets } from './budgets.js'
import { closeCore, finishOutput } from './closing.js'
import type { DaemonContext, ServiceRun } from './context.js'
import { createEarlyMoves } from './early-moves.js'
import { endServices, graceOf, killEverything } from './ending.js'
import { baseEnvironment } from './environment.js'
import { createChronicle } from './events/chronicle.js'
import { hearEvents } from './hear.js'
import { createHistory } from './history/history.js'
import { createJournal, type Journal } from './history/journal.js'
import { Hooks } from './hooks/hooks.js'
import { sayAdvisory } from './kernel-limits.js'
import { createKeptChanges } from './limits/kept-changes.js'
import { createLimitBook } from './limits/limit-book.js'
import { passLimitsOn } from './limits/pass-on.js'
import { meterServices } from './metering.js'
import type { News } from './news.js'
import { createLineListeners } from './output/listeners.js'
import type { Sink } from './output/sink.js'
import { createPeripherals } from './peripherals.js'
import type { ManagedProcess } from './process.js'
import { isQuiet } from './quiet.js'
import { createReloader, type Reread } from './reload/reload.js'
import { noteRights, type RightsTable } from './rights.js'
import { openSockets } from './sockets.js'
import { openStorage, type Storage } from './storage.js'
import type { RunSummary } from './summary.js'
import { Supervised } from './supervised.js'
import { findSurvivors } from './survivors.js'
import { createTokenTable } from './tokens.js'
import { createTurns } from './turns.js'

export interface DaemonOptions {
  /** Becomes the daemon's own: it is closed when the run has ended. */
  readonly core: Core
  /** At least one. */
  readonly services: readonly ServiceRun[]
  /** Where to serve metrics; absent or null: nowhere. */
  readonly metrics?: MetricsAddress | null
  /** Reads their config again; absent where they are those of no config. */
  readonly reread?: Reread | undefined
  readonly paths: RuntimePaths
  /** For what outlives this daemon; made when it is not there. */
  readonly stateDirectory: string
  /** Of which services get the base environment. */
  readonly environment: Readonly<NodeJS.ProcessEnv>
  readonly stdout: Sink
  readonly stderr: Sink
  /** Whether a service that was restarted too often keeps the daemon there, to say so, until it is stopped. Default: no. */
  readonly staysForFailed?: boolean
  /** Called once there is something to end, before the services are up. Must not throw. */
  readonly onOrders?: (orders: Orders) => void
  /** Hears everything that happens, at once and in order. Must not throw. */
  readonly tell: (context: DaemonContext, news: News) => void
}

/** Orders to a daemon. */
export interface Orders {
  /** TERM, grace, KILL to everything. */
  stop(): Promise<void>
  /** KILL to everything. */
  kill(): Promise<void>
}

export interface Daemon extends Orders {
  readonly context: DaemonContext
  /** The first root of each, in the order of the services; of one that was ordered to end before it started there is none. */
  readonly roots: readonly ManagedProcess[]
  /** Of each service the last exit of its root, in the order of the services. */
  readonly exits: readonly Promise<Exit>[]
  /** Resolves when every process of every service has ended and everything is put away. */
  readonly ended: Promise<RunSummary>
}

/**
 * Starts the services. Resolves when all of them are up.
 * @throws {DaemonRunning} when another daemon holds the directory. @throws {RuntimeDirectoryError} when it cannot serve.
 * @throws {StoreError} `newer`, `locked`: what is stored is not for this daemon.
 * @throws {EspalierError} `launch_failed`, `invalid_input`, `timeout` and others; then everything was ended and put away.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { core, paths, services, environment, stateDirectory } = options
  const names = services.map(service => service.name)
  // The last one is done first.
  const putAway: (() => unknown)[] = [() => closeCore(core, services)]
  const undo = async () => {
    for (const step of putAway.toReversed()) await step()
    putAway.length = 0
  }
  try {
    preparePrivateDirectory(paths.directory)
    prepareStateDirectory(stateDirectory)
    const lock = takeLock(paths.lock)
    putAway.unshift(() => lock.release())

    let finish: () => void = () => undefined
    const allEnded = new Promise<void>(settle => {
      finish = settle
    })
    if (core.launcher.keepers !== undefined) clearGroups(paths.directory)
    const rights: RightsTable = new Map()
    await noteRights(rights, services)
    const trouble = (message: string) => context.tell({ kind: 'trouble', message })
    const storage = await openStorage(stateDirectory, paths.directory, trouble)
    const journal = createJournal(storage.store, storage.boot)
    // When all has ended, and before another daemon may come.
    putAway.splice(1, 0, async () => {
      await journal.flush()
      await storage.store.close()
    })
    const context = createContext(options, rights, storage, journal, trouble, () => {
      if (isUp && isQuiet(context)) finish()
    })
    let isUp = false
    const orders: Orders = {
      stop: () => endServices(context, [...context.supervised.keys()]),
      kill: () => killEverything(context),
    }
    for (const note of storage.notes) trouble(note)

    for (const socket of await openSockets(context)) putAway.push(() => socket.close())
    if (!lock.isHeld()) throw new EspalierError('unavailable', `another daemon took ${JSON.stringify(paths.lock)}`)

    if (options.metrics != null) {
      // Counting begins before anything can happen.
      await core.metrics()
      const server = await serveMetrics(
        options.metrics,
        async () => (await core.metrics()) + renderFamilies(storeFamilies(storage.store.health)),
      )
      putAway.push(() => server.close())
    }

    // When the last event has been heard.
    putAway.push(() => context.hooks.close())
    const hearing = new AbortController()
    const heard = hearEvents(context, hearing.signal)
    putAway.push(() => {
      hearing.abort()
      return heard
    })
    putAway.push(() => context.chronicle.close())
    const meter = meterServices(context)
    putAway.push(() => meter.stop())

    const supervised = services.map(service => new Supervised(context, service, environment))
    options.onOrders?.(orders)
    await bringUp(context, supervised)
    isUp = true
    sayAdvisory(context, names)
    context.check()
    return {
      context,
      roots: supervised.map(({ root }) => root).filter(root => root !== null),
      get exits() {
        return supervised.map(one => (context.supervised.get(one.name) ?? one).ended)
      },
      ended: allEnded.then(async () => {
        // First the supervisor: it ends the forks that may still hold a pipe of their leader open.
        await context.limits.dropSet(context.limits.services())
        await undo()
        await finishOutput(context)
        return summarize(context, meter)
      }),
      ...orders,
    }
  } catch (error) {
    await undo()
    throw error
  }
}

function createContext(
  options: DaemonOptions,
  rights: RightsTable,
  { boot, store, records }: Storage,
  journal: Journal,
  trouble: (message: string) => void,
  check: () => void,
): DaemonContext {
  const { core, paths, stateDirectory, stdout, stderr, services, reread } = options
  const book = createProcessBook()
  const history = createHistory({ now: Date.now, graceOf: service => graceOf(context, service), journal, boot })
  history.restore(records)
  const budgets = createBudgets(core, store, records)
  const decisionsFrom = history.refusals.nextCount
  core.resume({ decisions: decisionsFrom, chargesOf: budgets.chargesOf })
  const tell = (news: News) => {
    history.hear(news)
    options.tell(context, news)
  }
  const kept = createKeptChanges(store, records, message => tell({ kind: 'trouble', message }))
  const context: DaemonContext = {
    core,
    paths,
    stateDirectory,
    stdout,
    stderr,
    tell,
    check,
    book,
    earlyMoves: createEarlyMoves(),
    rights,
    groups: new Map(),
    limits: createLimitBook(core, kept, Date.now, service => passLimitsOn(context, service)),
    turns: createTurns(),
    get reloader() {
      return reloader
    },
    peripherals: createPeripherals(core, book),
    tokens: createTokenTable(),
    history,
    budgets,
    hooks: new Hooks({ env: baseEnvironment(options.environment), onTrouble: trouble }),
    chronicle: createChronicle({ now: Date.now, store, records }),
    store,
    supervised: new Map(),
    staysForFailed: options.staysForFailed ?? false,
    counts: { spawned: 0, refused: new Map(), decisionsFrom },
    stopping: new Set(),
    underWay: new Map(),
    relays: new Set(),
    lines: createLineListeners(),
  }
  const reloader = reread === undefined ? null : createReloader(context, services, reread)
  return context
}

function summarize(context: DaemonContext, meter: Meter): RunSummary {
  const { counts, book, paths, core } = context
  const sockets = [...context.supervised.keys()].map(name => core.launcher.spawnSocketOf?.(name) ?? paths.spawnSocket)
  return {
    spawned: counts.spawned,
    refused: [...counts.refused],
    peakProcesses: book.peak,
    peakMemoryBytes: meter.peakRssBytes,
    survivors: findSurvivors(book.launched, [...new Set(sockets)]),
  }
}
