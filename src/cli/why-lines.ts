/** An explanation as lines for people: what it is, then where it comes from, then what can be done. */

import { formatBytes, formatDuration } from '../../protocol/format.js'
import type { Cause, EndOrder, Explanation } from '../../protocol/wire/past.js'
import { harmless } from '../terminal/harmless.js'
import { figuresText, helpText, passText } from './advice.js'
import { budgetText } from './budget.js'
import { ageText, chainText, clockText, howText, whoText } from './end-words.js'

type Of<K extends Explanation['kind']> = Extract<Explanation, { readonly kind: K }>

/** Lines safe for a terminal. */
export function whyLines(explanation: Explanation): readonly string[] {
  const rows =
    explanation.kind === 'refusal'
      ? refusalRows(explanation)
      : explanation.kind === 'end'
        ? endRows(explanation)
        : livingRows(explanation)
  const [[title], ...rest] = rows
  return [title, ...rest.map(([label, text]) => `  ${label.padEnd(9)} ${text}`)].map(harmless)
}

type Rows = readonly (readonly [string, string?])[]

function refusalRows({ refusal, service, atMs, childName, parent, askerPid, chain, alike }: Of<'refusal'>): Rows {
  const asked = askerPid === parent.pid ? whoText(parent) : `pid ${askerPid}, for a child of ${whoText(parent)}`
  const figures = figuresText(refusal)
  return [
    [`refusal ${refusal.decisionId} of service ${service}: ${refusal.message}`],
    ['rule', refusal.code],
    ...(figures === null ? [] : [['figures', figures] as const]),
    ['asked', `${asked} asked for ${childName} at ${clockText(atMs)}`],
    ['chain', chain.length === 0 ? 'not known: the parent was not one of the recorded processes' : chainText(chain)],
    ['passes', passText(refusal, parent, atMs)],
    ['help', helpText(refusal, service)],
    ...(alike === 1 ? [] : [['alike', `${alike} of this parent and rule in that second`] as const]),
  ]
}

function endRows({ end, chain, causes, others }: Of<'end'>): Rows {
  const { exit, order, startedAt, peakRssBytes, peakCpuPercent, cpuMs, coreDumped } = end
  const cpu = peakCpuPercent === null ? '' : `, ${Math.round(peakCpuPercent)}% of a CPU at most`
  return [
    [`${whoText(end)} of service ${end.service} ${howText(exit)} at ${clockText(exit.finishedAt)}`],
    ['reason', REASONS[exit.reason]],
    ...causes.map(cause => ['because', causeText(cause)] as const),
    ...(order === null ? [] : [['TERM', orderText(order)] as const, ['KILL', killText(order, end)] as const]),
    ['ran', `${ageText(startedAt, exit.finishedAt)}, from ${clockText(startedAt)}`],
    ...(cpuMs === null ? [] : [['cpu', `${formatDuration(Math.round(cpuMs))} of CPU time`] as const]),
    ...(coreDumped === true ? [['core', 'it left a core dump'] as const] : []),
    ['memory', peakRssBytes === null ? 'not metered before it ended' : `${formatBytes(peakRssBytes)} at most${cpu}`],
    ['chain', chainText(chain)],
    ['command', end.command],
    ...othersRow(others),
  ]
}

function livingRows({ process, chain, service, children, order, atMs, others }: Of<'living'>): Rows {
  const { startedAt, ttlMs, rssBytes, cpuPercent, kind } = process
  const what = kind === 'peripheral' ? 'lives; nobody asked for it' : process.state === 'ending' ? 'is ending' : 'lives'
  const ttl = ttlMs === null ? 'none' : `${formatDuration(ttlMs)}, ends by ${clockText(startedAt + ttlMs)}`
  const memory = rssBytes === null ? 'not metered yet' : formatBytes(rssBytes)
  return [
    [`${whoText(process)} of service ${service.name} ${what}`],
    ['chain', chainText(chain)],
    ['since', `${clockText(startedAt)}, for ${ageText(startedAt, atMs)}`],
    ['ttl', ttl],
    ...(order === null ? [] : [['TERM', orderText(order)] as const]),
    ['uses', `memory ${memory}${cpuPercent === null ? '' : `, CPU ${Math.round(cpuPercent)}%`}`],
    ...(kind === 'peripheral' ? [] : budgetText(service, process.depth, children)),
    ['command', process.command],
    ...othersRow(others),
  ]
}

const REASONS = {
  self: 'self: it ended by itself',
  signal: 'signal: one that the supervisor did not send',
  ttl: 'ttl: its time to live was over',
  quota: 'quota: its service was over a quota',
  cascade: 'cascade: a process above it ended, and what hangs below ends too',
  stop: 'stop: the operator or the supervisor ordered it',
  oom: 'oom: the kernel ended it, as its service or this host had no memory left',
  unknown: 'unknown: nobody was there to learn it',
} as const

function causeText(cause: Cause): string {
  if (cause.exit === null) return `${whoText(cause)} was ordered to end (${cause.order?.reason ?? 'cascade'})`
  const { finishedAt, reason } = cause.exit
  return `${whoText(cause)} ${howText(cause.exit)} (${reason}) at ${clockText(finishedAt)}`
}

function orderText({ reason, atMs }: EndOrder): string {
  return `at ${clockText(atMs)} (${reason})`
}

function killText({ atMs, graceMs }: EndOrder, { exit }: Of<'end'>['end']): string {
  const due = `due ${formatDuration(graceMs)} later, at ${clockText(atMs + graceMs)}`
  return exit.signal === 9 ? `${due}: it died of it` : `${due}: not needed`
}

function othersRow(others: number): Rows {
  return others === 0 ? [] : [['others', `${others} more of that name or pid: give a pid, or see espalier history`]]
}
