/** Events as lines for people. */

import { match } from 'ts-pattern'
import type { EspalierEvent } from '../../protocol/events.js'
import type { ChronicleEntry } from '../../protocol/wire/chronicle.js'
import { harmless } from '../terminal/harmless.js'
import { redact } from '../terminal/redact.js'
import { clockText, howText } from './end-words.js'

/** When, which service, its number there, and what happened; safe for a terminal. */
export function eventLine({ at, event }: ChronicleEntry): string {
  const service = event.service === '' ? '-' : event.service
  return harmless(`${clockText(at)}  ${service} #${event.number}  ${wordsOf(event)}`)
}

function wordsOf(event: EspalierEvent): string {
  return match(event)
    .with({ kind: 'service_registered' }, ({ replaced }) => (replaced ? 'limits changed' : 'registered'))
    .with({ kind: 'service_unregistered' }, () => 'unregistered')
    .with({ kind: 'root_registered' }, ({ pid }) => `root ${pid} registered`)
    .with({ kind: 'root_exited' }, ({ pid, exit }) => `root ${pid} ${howText(exit)}, ${exit.reason}`)
    .with(
      { kind: 'spawn_granted' },
      ({ childName, parentPid, depth }) => `granted ${childName} below ${parentPid}, depth ${depth}`,
    )
    .with(
      { kind: 'spawn_refused' },
      ({ childName, parentPid, refusal }) =>
        `refused ${childName} below ${parentPid}: ${refusal.message} (${refusal.decisionId})`,
    )
    .with({ kind: 'ticket_released' }, ({ parentPid }) => `a grant of ${parentPid} was given back`)
    .with({ kind: 'ticket_expired' }, ({ parentPid }) => `a grant of ${parentPid} expired unused`)
    .with(
      { kind: 'child_recorded' },
      ({ child, late }) =>
        `${child.kind === 'peripheral' ? 'found' : 'spawned'} ${child.name} ${child.pid} below ${child.parentPid}${late ? ', its grant had expired' : ''}: ${redact(child.command)}`,
    )
    .with({ kind: 'child_exited' }, ({ child: { name, pid, lastExit } }) =>
      lastExit === null ? `${name} ${pid} ended` : `${name} ${pid} ${howText(lastExit)}, ${lastExit.reason}`,
    )
    .with({ kind: 'child_moved' }, ({ pid, fromPid, toPid }) => `${pid} moved from ${fromPid} to ${toPid}`)
    .with({ kind: 'child_removed' }, ({ child }) => `${child.name} ${child.pid} left the books`)
    .with(
      { kind: 'limit_overrun' },
      ({ pid, code, limit, current }) => `${pid} is beyond ${code}: ${current ?? '-'} of ${limit ?? '-'}`,
    )
    .with({ kind: 'termination_due' }, ({ pids, reason }) => `to end (${reason}): ${pidsText(pids)}`)
    .with({ kind: 'cast_failed' }, ({ operation, code, message }) => `${operation} failed (${code}): ${message}`)
    .with({ kind: 'events_lost' }, ({ from, to }) => `events ${from} to ${to} were lost`)
    .exhaustive()
}

const PIDS_SHOWN = 8

function pidsText(pids: readonly number[]): string {
  const more = pids.length - PIDS_SHOWN
  return `${pids.slice(0, PIDS_SHOWN).join(' ')}${more > 0 ? ` and ${more} more` : ''}`
}
