/** `espalier run`: services in the foreground until all have ended. */

import { runtimeDirectory, runtimePaths } from '../control/paths.js'
import { stateDirectory } from '../control/state-directory.js'
import type { DaemonContext } from '../daemon/context.js'
import { type Daemon, type Orders, startDaemon } from '../daemon/daemon.js'
import type { News } from '../daemon/news.js'
import { createSink, type Sink } from '../daemon/output/sink.js'
import { summaryLines } from '../daemon/summary.js'
import { chooseLauncher } from '../launcher/choose.js'
import { createSupervisor } from '../supervisor.js'
import { harmless } from '../terminal/harmless.js'
import { EXIT, exitCodeOf } from './exit-codes.js'
import { createLastRefusal } from './last-refusal.js'
import { newsLine, showTree } from './live-tree.js'
import { showOutput } from './run-output.js'
import { planOf, type RunOptions, servicesOf } from './run-services.js'
import { hearSignals } from './run-signals.js'

/** News that a run tells without `--show-tree` too. */
const TOLD: ReadonlySet<News['kind']> = new Set(['waiting', 'up', 'restarting', 'service_failed'])

/** Runs to the end. One command: its exit code; a config: 1 when a service failed by itself; 5 at the timeout. */
export async function runCommand(command: readonly string[], options: RunOptions): Promise<number> {
  const { services, metrics } = await planOf(command, options)
  const paths = runtimePaths(runtimeDirectory(options.runtimeDir, process.env))
  const stdout = createSink(process.stdout)
  // On a terminal both are one picture, so one sink must know all of it.
  const stderr = process.stdout.isTTY ? stdout : createSink(process.stderr)
  const tree = options.showTree ? showTree(stdout, process.stdout) : null
  const lastRefusal = createLastRefusal()
  const state = stateDirectory(options.stateDir, process.env)
  const names = services.map(({ name }) => name)
  // From before the first line is written to after the last one.
  const output = showOutput(names, { stateDirectory: state, runtimeDirectory: paths.directory }, stdout, stderr)
  const orders = createOrders(stderr)
  const deafen = hearSignals(orders)
  let stopWatching: () => void = () => undefined
  try {
    const tell = (context: DaemonContext, news: News) => {
      lastRefusal.tell(news)
      if (tree !== null) tree.tell(context, news)
      else if (news.kind === 'trouble') stderr.lines([`espalier | ${harmless(news.message)}`])
      else if (TOLD.has(news.kind)) stderr.lines([`espalier | ${newsLine(news)}`])
    }
    const daemon = await startDaemon({
      core: createSupervisor({ launcher: chooseLauncher(paths.directory) }),
      services,
      metrics,
      reread: command.length > 0 ? undefined : () => servicesOf([], options),
      paths,
      stateDirectory: state,
      environment: process.env,
      stdout,
      stderr,
      onOrders: orders.given,
      tell,
    })
    stopWatching = endOnCrash(daemon)
    const limit = limitTime(options.timeout, orders.stop)
    const summary = await daemon.ended
    limit.stop()
    tree?.stop()
    await output.finish()
    if (tree !== null) stdout.lines(lastRefusal.lines(daemon.context))
    stdout.lines(summaryLines(summary))
    if (limit.isOver()) return EXIT.timeout
    return command.length > 0 ? exitCodeOf(await daemon.exits[0]) : await outcomeOf(daemon)
  } finally {
    tree?.stop()
    await output.finish()
    await Promise.all([stdout.flush(), stderr.flush()])
    deafen()
    stopWatching()
  }
}

/** A service that ended by itself in a bad way is a failure; one that was ended is none. */
async function outcomeOf(daemon: Daemon): Promise<number> {
  const exits = await Promise.all(daemon.exits)
  const failed = exits.some(exit => exit.exitCode !== 0 && ['self', 'signal', 'oom', 'quota'].includes(exit.reason))
  return failed ? EXIT.failure : EXIT.ok
}

/** Orders that may come before there is a daemon to carry them out; they are kept for it. */
function createOrders(stderr: Sink) {
  let daemon: Orders | null = null
  let isStopping = false
  let isKilling = false
  const act = (work: Promise<void>) => {
    // Only a broken invariant comes here; the processes are ended all the same when the supervisor closes.
    work.catch((error: unknown) => stderr.lines([`espalier | ${harmless(String(error))}`]))
  }
  return {
    stop() {
      if (!isStopping && daemon !== null) act(daemon.stop())
      isStopping = true
    },
    kill() {
      if (!isKilling && daemon !== null) act(daemon.kill())
      isKilling = true
    },
    given(started: Orders) {
      daemon = started
      if (isStopping) act(daemon.stop())
      if (isKilling) act(daemon.kill())
    },
  }
}

/** A broken invariant here must not leave processes without a supervisor: they end first, then this one does. */
function endOnCrash(daemon: Daemon): () => void {
  const crash = (error: Error) => {
    process.stderr.write(`espalier: ${harmless(error.stack ?? error.message).replaceAll('\\x0a', '\n')}\n`)
    daemon.kill().finally(() => process.exit(EXIT.failure))
  }
  process.on('uncaughtException', crash)
  return () => process.off('uncaughtException', crash)
}

function limitTime(timeoutMs: number | undefined, stop: () => void) {
  let isOver = false
  const end = () => {
    isOver = true
    stop()
  }
  const timer = timeoutMs === undefined ? undefined : setTimeout(end, Math.min(timeoutMs, 2 ** 31 - 1))
  return { stop: () => clearTimeout(timer), isOver: () => isOver }
}
