/** `espalier logs`: what services have said, out of their files; no daemon is asked. */

import { show } from '../../protocol/show.js'
import { isSubject } from '../../protocol/wire/past.js'
import { ClientError } from '../client/errors.js'
import { stateDirectory } from '../control/state-directory.js'
import { logFolder, loggedServices } from '../logs/folder.js'
import { followLogs } from '../logs/follow.js'
import type { LogLine } from '../logs/line.js'
import { readTogether } from '../logs/merge.js'
import { selectLogs } from '../logs/select.js'
import { type LogStart, LogTail } from '../logs/tail.js'
import { EXIT } from './exit-codes.js'
import { UsageError } from './failing.js'
import { createMatcher, type Matcher } from './grep.js'
import { bareLineText, logLineJson, missedJson, missedText, timedLineText } from './log-lines.js'
import { type DaemonOptions, daemonPlace } from './place.js'
import { BARE, type Manner, print, type ReadingOptions } from './print.js'

export interface LogsOptions extends DaemonOptions, ReadingOptions {
  readonly follow: boolean
  /** Unix ms. */
  readonly since?: number
  /** The latest so many; absent: 100, or with `since` all. */
  readonly lines?: number
  readonly grep?: string
  readonly stateDir?: string
}

/** Lines shown where nobody says how many. */
const LINES_DEFAULT = 100

/** Most lines that may be asked for by number: they are held until the last one is known. */
const LINES_MAX = 100_000

/** Lines that are looked at and printed in one go. */
const GO_LINES = 4096

/** What went to stderr stands out. */
const MANNER: Manner = { isCut: false, style: line => (/^\S+ \S+ !/.test(line) ? 'near' : 'plain') }

/** Looks at the files between two looks for new services. */
const LOOKS_BETWEEN = 20

/** Prints what there is, and with `follow` what comes, until nobody reads any more. 3 when nothing is known of the subject. */
export async function logsCommand(subject: string | undefined, options: LogsOptions): Promise<number> {
  const { since, follow } = options
  if (subject !== undefined && !isSubject(subject)) {
    throw new UsageError(`${show(subject)} names nothing: give a service, a child, a pid, or service:child`)
  }
  const most = options.lines ?? (since === undefined ? LINES_DEFAULT : null)
  if (most !== null && most > LINES_MAX)
    throw new UsageError(`--lines: ${most} is more than ${LINES_MAX}: give --since`)
  const matcher = options.grep === undefined ? null : createMatcher(options.grep)
  const directory = stateDirectory(options.stateDir, process.env)
  const place = { stateDirectory: directory, runtimeDirectory: daemonPlace(options).directory }
  const selection = selectLogs(place, subject)
  const open = (start: LogStart) => (name: string) => new LogTail(name, logFolder(place, name), start)
  const tails = selection.services.map(open(since === undefined ? 'oldest' : { sinceMs: since }))
  const sinceTime = since === undefined ? '' : new Date(since).toISOString()
  const isMeant = (line: LogLine) => line.time >= sinceTime && selection.matches(line)
  const say = (lines: readonly LogLine[]) => printLines(lines, options)

  const { isRead, isKnown } = await showPast(readTogether(tails), isMeant, matcher, most, say)
  if (!isKnown && !follow && !(subject !== undefined && selection.services.includes(subject))) {
    throw new ClientError('not_found', unknown(subject, directory, since !== undefined))
  }
  if (!follow || !isRead) return EXIT.ok
  let looks = 0
  const tailsNow = () => {
    if (!selection.isAll || ++looks % LOOKS_BETWEEN !== 0) return tails
    const known = new Set(tails.map(tail => tail.service))
    tails.push(
      ...loggedServices(place)
        .filter(name => !known.has(name))
        .map(open('oldest')),
    )
    return tails
  }
  const reader = {
    show: (lines: readonly LogLine[]) => say(matching(lines.filter(isMeant), matcher)),
    missed(service: string, files: number) {
      const text = options.json ? missedJson(service, files) : missedText(service, files)
      if (options.json || !options.quiet) process.stdout.write(`${text}\n`)
    },
  }
  await followLogs(tailsNow, reader, new AbortController().signal)
  return EXIT.ok
}

/** Shows the latest `most` of the lines that are meant, or all. `isKnown`: there was one, whatever the pattern says. */
async function showPast(
  lines: Iterable<LogLine>,
  isMeant: (line: LogLine) => boolean,
  matcher: Matcher | null,
  most: number | null,
  say: (lines: readonly LogLine[]) => Promise<boolean>,
): Promise<{ readonly isRead: boolean; readonly isKnown: boolean }> {
  let isKnown = false
  let isRead = true
  let kept: LogLine[] = []
  let go: LogLine[] = []
  const pass = async () => {
    const found = matching(go, matcher)
    go = []
    if (most === null) isRead = await say(found)
    else kept = [...kept, ...found].slice(-most || Number.POSITIVE_INFINITY)
  }
  for (const line of lines) {
    if (!isMeant(line)) continue
    isKnown = true
    go.push(line)
    if (go.length === GO_LINES) await pass()
    if (!isRead) return { isRead, isKnown }
  }
  await pass()
  if (isRead && most !== null) isRead = await say(kept)
  return { isRead, isKnown }
}

function matching(lines: readonly LogLine[], matcher: Matcher | null): readonly LogLine[] {
  if (matcher === null || lines.length === 0) return lines
  const isFound = matcher(lines.map(({ text }) => text))
  return lines.filter(({ stream }, at) => stream !== 'lost' && isFound[at])
}

/** False: nobody reads any more. */
async function printLines(lines: readonly LogLine[], options: LogsOptions): Promise<boolean> {
  const [toText, manner] = options.json
    ? ([logLineJson, BARE] as const)
    : options.quiet
      ? ([bareLineText, BARE] as const)
      : ([timedLineText, MANNER] as const)
  for (let at = 0; at < lines.length; at += GO_LINES) {
    if (!(await print(lines.slice(at, at + GO_LINES).map(toText), manner, options))) return false
  }
  return !process.stdout.destroyed
}

function unknown(subject: string | undefined, directory: string, isSince: boolean): string {
  const what = subject === undefined ? 'no line' : `no line of ${show(subject)}`
  const where = `in ${JSON.stringify(directory)}${isSince ? ' since then' : ''}`
  return `${what} ${where}: nothing was said, or it is gone, or no keeper wrote it; --runtime-dir names another daemon's, --state-dir another place`
}
