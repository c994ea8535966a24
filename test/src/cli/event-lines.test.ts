import t from 'tap'
import type { EspalierEvent } from '../../../protocol/events.js'
import { eventLine } from '../../../src/cli/event-lines.js'

const head = { service: 'web', number: 7, atMs: 0 }
const child = {
  ...{ name: 'kid', pid: 5, startTicks: 1, parentPid: 4, command: 'agent --token=hunter2', startedAt: 0, ttlMs: null },
  ...{ depth: 1, cpuPercent: null, rssBytes: null, lastExit: null, user: null, kind: 'spawned' as const },
}
const exit = { exitCode: null, signal: 9, finishedAt: 0, reason: 'oom' as const }
const limits = null as never
const refusal = {
  ok: false as const,
  code: 'rate_limit' as const,
  message: 'too fast',
  limit: 1,
  current: 1,
  decisionId: '0-3',
}

const LINES: readonly [EspalierEvent, RegExp][] = [
  [
    { ...head, kind: 'service_registered', limits, replaced: false },
    /^1970-01-01T00:00:01.000Z {2}web #7 {2}registered$/,
  ],
  [{ ...head, kind: 'service_registered', limits, replaced: true }, /limits changed/],
  [{ ...head, kind: 'service_unregistered' }, /unregistered/],
  [{ ...head, kind: 'root_registered', pid: 4, startTicks: null }, / root 4 registered/],
  [{ ...head, kind: 'root_exited', pid: 4, exit }, / root 4 died of SIGKILL, oom/],
  [
    { ...head, kind: 'spawn_granted', parentPid: 4, childName: 'kid', depth: 1, ticket: 1, expiresAtMs: 1 },
    /granted kid below 4, depth 1/,
  ],
  [
    { ...head, kind: 'spawn_refused', parentPid: 4, childName: 'kid', refusal },
    /refused kid below 4: too fast \(0-3\)/,
  ],
  [{ ...head, kind: 'ticket_released', ticket: 1, parentPid: 4 }, /a grant of 4 was given back/],
  [{ ...head, kind: 'ticket_expired', ticket: 1, parentPid: 4 }, /a grant of 4 expired unused/],
  [
    { ...head, kind: 'child_recorded', child, ticket: null, late: true },
    /spawned kid 5 below 4, its grant had expired: agent --token=\*\*\*$/,
  ],
  [
    { ...head, kind: 'child_recorded', child: { ...child, kind: 'peripheral' }, ticket: null, late: false },
    /found kid 5 below 4: agent/,
  ],
  [{ ...head, kind: 'child_exited', child: { ...child, lastExit: exit } }, /kid 5 died of SIGKILL, oom/],
  [{ ...head, kind: 'child_exited', child }, /kid 5 ended/],
  [{ ...head, kind: 'child_moved', pid: 5, fromPid: 4, toPid: 1 }, /5 moved from 4 to 1/],
  [{ ...head, kind: 'child_removed', child }, /kid 5 left the books/],
  [
    { ...head, kind: 'limit_overrun', pid: 5, code: 'child_limit', limit: 1, current: 2 },
    /5 is beyond child_limit: 2 of 1/,
  ],
  [
    { ...head, kind: 'termination_due', pids: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], reason: 'ttl' },
    /to end \(ttl\): 1 2 3 4 5 6 7 8 and 2 more/,
  ],
  [
    { ...head, service: '', kind: 'cast_failed', operation: 'recordSpawn', code: 'invalid_input', message: 'no' },
    / {2}- #7 {2}recordSpawn failed \(invalid_input\): no/,
  ],
  [{ ...head, kind: 'events_lost', from: 3, to: 7 }, /events 3 to 7 were lost/],
]

t.test('every kind of event has its words, without secrets', async t => {
  for (const [event, words] of LINES) t.match(eventLine({ place: 1, at: 1000, event }), words, event.kind)
})

t.test('control bytes of a child do not reach the terminal', async t => {
  const event: EspalierEvent = {
    ...head,
    kind: 'child_recorded',
    child: { ...child, command: 'a\u001b[2Jb' },
    ticket: null,
    late: false,
  }
  t.notMatch(eventLine({ place: 1, at: 0, event }), '\u001b')
})
