/** `espalier daemon`: what `up` starts in the background. Ends when all its services have, or on TERM or INT. */

import { createWriteStream } from 'node:fs'
import { openDaemonLog } from '../control/daemon-log.js'
import { runtimeDirectory, runtimePaths } from '../control/paths.js'
import { stateDirectory } from '../control/state-directory.js'
import type { Abandon, DaemonContext } from '../daemon/context.js'
import { startDaemon } from '../daemon/daemon.js'
import type { News } from '../daemon/news.js'
import { createSink } from '../daemon/output/sink.js'
import { chooseLauncher } from '../launcher/choose.js'
import { createSupervisor } from '../supervisor.js'
import { EXIT } from './exit-codes.js'
import { describeFailure } from './failing.js'
import { newsLine } from './live-tree.js'
import { reloadLines } from './reload-lines.js'
import { planOf, servicesOf } from './run-services.js'
import type { UpOptions, UpWord } from './up.js'

/** Services of `up` outlive their daemon: somebody will look after them again. */
const ABANDON_UP: Abandon = { keep: true, afterMs: 60_000 }

/** News that the daemon's log keeps, beside troubles. */
const LOGGED: ReadonlySet<News['kind']> = new Set(['taken_over', 'up', 'restarting', 'service_failed'])

/** What `up` hears while it waits. */
const TOLD_UP: ReadonlySet<News['kind']> = new Set(['waiting', 'up', 'restarting', 'service_failed'])

/** Says over the channel of `up` that the services are up, or why not. */
export async function daemonCommand(options: Omit<UpOptions, 'timeout'>): Promise<number> {
  // Before anything else: a hang-up between start and the first reload must not end us.
  let hangUp: () => void = () => undefined
  process.on('SIGHUP', () => hangUp())
  try {
    const { services, metrics } = await planOf([], options, ABANDON_UP)
    const paths = runtimePaths(runtimeDirectory(options.runtimeDir, process.env))
    const log = openDaemonLog(paths.directory)
    const nowhere = createSink(createWriteStream('/dev/null'))
    const daemon = await startDaemon({
      core: createSupervisor({ launcher: chooseLauncher(paths.directory) }),
      services,
      metrics,
      reread: () => servicesOf([], options, ABANDON_UP),
      paths,
      stateDirectory: stateDirectory(options.stateDir, process.env),
      environment: process.env,
      stdout: nowhere,
      stderr: nowhere,
      staysForFailed: true,
      onOrders: ({ stop }) => {
        for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop())
      },
      tell: (_context, news) => {
        if (news.kind === 'trouble') log([news.message])
        if (LOGGED.has(news.kind)) log([newsLine(news) ?? ''])
        if (TOLD_UP.has(news.kind) && process.connected) process.send?.({ progress: newsLine(news) ?? '' })
      },
    })
    hangUp = () => void reloadAndLog(daemon.context, log)
    if (daemon.context.stopping.size > 0)
      say({ up: false, code: EXIT.failure, lines: ['espalier: stopped before it was up'] })
    else say({ up: true, pid: process.pid, services: services.map(({ name }) => name) })
    await daemon.ended
    return EXIT.ok
  } catch (error) {
    const { code, lines } = describeFailure(error)
    say({ up: false, code, lines })
    return code
  }
}

/** What was changed, or why nothing was, goes to the log. */
async function reloadAndLog({ reloader }: DaemonContext, log: (lines: readonly string[]) => void): Promise<void> {
  try {
    const changes = (await reloader?.reload()) ?? []
    log(reloadLines(changes, false).map(line => `reload: ${line}`))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    log(`reload: nothing was changed: ${error.message}`.split('\n'))
  }
}

/** The last word; then the channel is closed, so that nothing ties us to who started us. */
function say(word: Exclude<UpWord, { progress: string }>): void {
  if (process.send === undefined || !process.connected) return
  process.send(word, undefined, {}, () => {
    if (process.connected) process.disconnect()
  })
}
