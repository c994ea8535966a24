/** `run --show-tree`: the tree as it changes. In place on a terminal, else a plain line for each change. */

import type { Exit } from '../../protocol/children.js'
import { formatDuration } from '../../protocol/format.js'
import type { DaemonContext } from '../daemon/context.js'
import type { News } from '../daemon/news.js'
import type { Sink } from '../daemon/output/sink.js'
import { labelOf, type ManagedProcess } from '../daemon/process.js'
import { reportProcesses, reportServices } from '../daemon/report.js'
import { fit } from '../terminal/fit.js'
import { harmless } from '../terminal/harmless.js'
import { refusalLine } from './advice.js'
import { signalName } from './end-words.js'
import { forestLines } from './forest-lines.js'
import { restartText } from './service-state.js'

/** Shortest time between two pictures, in ms. */
const REDRAW_MS = 100

/** What is drawn on. */
export interface Screen {
  readonly isTTY?: boolean
  readonly rows?: number
  readonly columns?: number
}

/** One line for people about something that happened; null for what is not worth one. */
export function newsLine(news: News): string | null {
  switch (news.kind) {
    case 'started': {
      const { process } = news
      const place = process.parentPid === null ? '' : ` below ${process.parentPid}, depth ${process.depth}`
      const ttl = process.ttlMs === null ? '' : `, ttl ${formatDuration(process.ttlMs)}`
      return `+ ${labelOf(process)} (pid ${process.pid})${place}${ttl}`
    }
    case 'exited':
      return `- ${labelOf(news.process)} (pid ${news.process.pid}) ${exitText(news.process, news.exit)}`
    case 'refused':
      return `! ${news.parentName} may not spawn ${news.childName}: ${refusalLine(news.refusal)}`
    case 'ending':
      return `~ ending (${news.reason}): ${listed(news.processes)}`
    case 'moved':
      return `> ${labelOf(news.process)} (pid ${news.process.pid}) hangs below ${news.toPid} now`
    case 'taken_over':
      return `= taken over from a daemon before: ${listed(news.processes)}`
    case 'waiting':
      return `. ${news.service} waits for ${news.for.join(', ')}`
    case 'up':
      return `* ${news.service} is up${news.total > 1 ? ` (${news.up} of ${news.total})` : ''}`
    case 'restarting':
      return `^ ${news.service} is started again in ${formatDuration(news.delayMs)} (${restartText(news)})`
    case 'service_failed':
      return `x ${news.service} has failed: ${news.count} restarts in ${formatDuration(news.windowMs)}; it is left alone, the others run on`
    case 'trouble':
      return `? ${harmless(news.message)}`
    case 'measured':
      return null
  }
}

/** Shows news on a sink. On a terminal the tree itself stands below, and only what it cannot show gets a line. */
export function showTree(sink: Sink, screen: Screen): { tell(context: DaemonContext, news: News): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  const draw = async (context: DaemonContext) => {
    const services = await reportServices(context)
    const processes = services.flatMap(service => reportProcesses(context, service.name))
    const lines = forestLines({ atMs: Date.now(), services, processes }, { commands: false })
    const { rows = 24, columns = 80 } = screen
    const most = Math.max(3, Math.floor(rows / 2))
    const shown = lines.slice(0, most).map(line => fit(line, columns - 1))
    if (shown.length < lines.length) shown.push(`... ${lines.length - shown.length} more`)
    if (!isStopped) sink.footer(shown)
  }
  const drawSoon = (context: DaemonContext) => {
    if (isStopped) return
    timer ??= setTimeout(() => {
      timer = undefined
      // Books that are closing answer no more; the last picture stays.
      draw(context).catch(() => undefined)
    }, REDRAW_MS)
  }

  return {
    tell(context, news) {
      const line = newsLine(news)
      if (screen.isTTY !== true) {
        const quota = news.kind === 'started' || news.kind === 'exited' ? quotaText(context, news.process.service) : ''
        if (line !== null) sink.lines([`espalier | ${line}${quota}`])
        return
      }
      if (line !== null && news.kind !== 'started') sink.lines([`espalier | ${line}`])
      drawSoon(context)
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
      sink.footer([])
    },
  }
}

function exitText(process: ManagedProcess, exit: Exit): string {
  const age = formatDuration(Math.max(0, Math.round(exit.finishedAt - process.startedAt)))
  const how = exit.signal === null ? `exited ${exit.exitCode ?? 'somehow'}` : `died of ${signalName(exit.signal)}`
  const why = exit.reason === 'self' || exit.reason === 'signal' ? '' : ` (${exit.reason})`
  return `${how}${why} after ${age}`
}

function listed(processes: readonly ManagedProcess[]): string {
  const names = processes.slice(0, 8).map(process => `${labelOf(process)} (pid ${process.pid})`)
  return processes.length > names.length
    ? `${names.join(', ')} and ${processes.length - names.length} more`
    : names.join(', ')
}

function quotaText(context: DaemonContext, service: string): string {
  const limit = context.core.limitsOf(service)?.descendants
  const below = context.book.living(service).filter(process => process.parentPid !== null).length
  return limit === undefined ? '' : `  [descendants ${below}/${limit}]`
}
