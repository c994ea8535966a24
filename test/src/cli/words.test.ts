import t from 'tap'
import { EspalierError, SpawnDenied } from '../../../protocol/failures.js'
import { REFUSAL_CODES, type Refusal, type RefusalCode, refusalMessage } from '../../../protocol/refusals.js'
import { refusalLine, refusalLines } from '../../../src/cli/advice.js'
import { exitCodeOf } from '../../../src/cli/exit-codes.js'
import { describeFailure, UsageError } from '../../../src/cli/failing.js'
import { countOption, durationOption, pidOption, sinceOption, sizeOption } from '../../../src/cli/options.js'
import { ClientError } from '../../../src/client/errors.js'
import { ConfigError } from '../../../src/config/types.js'
import { DaemonRunning } from '../../../src/control/lock.js'
import { RuntimeDirectoryError } from '../../../src/control/paths.js'
import { summaryLines } from '../../../src/daemon/summary.js'

function refusalOf(code: RefusalCode, more: Partial<Refusal> = {}): Refusal {
  const message = refusalMessage(code, { limit: 10, windowMs: 1000 })
  return { ok: false, code, message, limit: 10, current: 10, decisionId: '0-17', ...more }
}

t.test('every refusal says its reason, when to try again and what would help', async t => {
  for (const code of REFUSAL_CODES) {
    const lines = refusalLines(refusalOf(code), 'web')
    t.match(lines[0], `refused (${code}): `)
    t.match(lines.join('\n'), /retry +\S.*\n +help +\S.*\n +why +espalier why 0-17/, code)
  }
})

t.test('figures have the unit of their limit', async t => {
  const memory = refusalLines(refusalOf('memory_quota', { limit: 512 * 2 ** 20, current: 600 * 2 ** 20 }), 'web')
  t.match(memory, [
    /refused/,
    /total_memory 512M, now 600M/,
    /retry/,
    /raise total_memory \(spawn\.limits in its config, or espalier limits set web total_memory=MORE\)/,
  ])
  t.match(refusalLines(refusalOf('ttl_limit', { limit: 5000, current: 60_000 }), null)[1], /ttl_max 5s, now 1m/)
  t.match(refusalLines(refusalOf('rate_limit', { retryAfterMs: 250 }), null).join('\n'), /retry +in 250ms/)
  t.equal(
    refusalLine(refusalOf('rate_limit', { retryAfterMs: 250 })),
    'Spawn limit exceeded: Spawn rate limit exceeded (max 10/sec), limit 10, now 10, retry in 250ms',
  )
})

t.test('a wait without end is never', async t => {
  const endless = refusalOf('rate_limit', { limit: 0, current: 0, retryAfterMs: Number.POSITIVE_INFINITY })
  t.match(refusalLines(endless, null).join('\n'), /retry +never: the limit is 0/)
  t.match(refusalLine(endless), /retry never: the limit is 0$/)
})

t.test('each failure has its exit code, and its words are safe for a terminal', async t => {
  const cases: readonly (readonly [unknown, number])[] = [
    [new UsageError('u'), 2],
    [new RuntimeDirectoryError('r'), 2],
    [new ClientError('no_service', 'n'), 2],
    [new ClientError('not_found', 'n'), 3],
    [new SpawnDenied(refusalOf('busy')), 4],
    [new ClientError('timeout', 't'), 5],
    [new EspalierError('timeout', 't'), 5],
    [new ClientError('unreachable', 'u'), 6],
    [new ConfigError([{ file: 'f', line: 1, column: 2, key: 'k', message: 'm' }]), 7],
    [new ClientError('bad_token', 'b'), 1],
    [new EspalierError('launch_failed', 'l'), 1],
    [new DaemonRunning(7, '/d'), 1],
    [new Error('e'), 1],
    ['thrown text', 1],
  ]
  for (const [error, code] of cases) t.equal(describeFailure(error).code, code, String(error))
  t.strictSame(describeFailure(new Error('a\u001b[2J\nb')).lines, ['espalier: a\\x1b[2J', '  b'])
})

t.test('a command ends as the other did', async t => {
  t.equal(exitCodeOf({ exitCode: 3, signal: null }), 3)
  t.equal(exitCodeOf({ exitCode: null, signal: 9 }), 137)
  t.equal(exitCodeOf({ exitCode: null, signal: null }), 1)
})

t.test('values of options are read strictly, and the option is named', async t => {
  t.equal(durationOption('--ttl')('1.5s'), 1500)
  t.equal(sizeOption('--memory')('2G'), 2 ** 31)
  t.equal(countOption('--children')('0'), 0)
  t.equal(pidOption('--parent-pid')('42'), 42)
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => durationOption('--ttl')('5'), /--ttl.*"5"/],
    [() => sinceOption('--since')('9999-01-01'), /--since.*"9999-01-01" is still to come.*10m/],
    [() => sinceOption('--since')('2026-13-01'), /--since.*"2026-13-01" is no time.*10m/],
    [() => sinceOption('--since')('tomorrow'), /--since.*"tomorrow" is neither a time nor a duration.*10m/],
    [() => durationOption('--ttl')('0s'), /--ttl.*1ms or more/],
    [() => durationOption('--ttl')('-1s'), /--ttl/],
    [() => sizeOption('--memory')('1.5X'), /--memory.*1\.5X/],
    [() => sizeOption('--memory')(''), /--memory/],
    [() => countOption('--depth')('-1'), /--depth.*"-1"/],
    [() => countOption('--depth')('1e3'), /--depth/],
    [() => countOption('--depth')('99999999999'), /--depth/],
    [() => pidOption('--parent-pid')('0'), /--parent-pid.*"0"/],
    [() => pidOption('--parent-pid')('12x'), /--parent-pid/],
  ]
  for (const [read, message] of wrong) t.throws(read, { name: 'UsageError', message })
})

t.test('a summary has its five figures', async t => {
  const summary = {
    spawned: 12,
    refused: [
      ['rate_limit', 3],
      ['depth_limit', 1],
    ] as const,
    peakProcesses: 9,
    peakMemoryBytes: 3 * 2 ** 20,
    survivors: [],
  }
  t.strictSame(summaryLines(summary), [
    'summary',
    '  spawned         12',
    '  refused         4 (rate_limit 3, depth_limit 1)',
    '  peak processes  9',
    '  peak memory     3M',
    '  survivors       0',
  ])
  const odd = summaryLines({ ...summary, peakMemoryBytes: 0, survivors: [44, 45] }).join('\n')
  t.match(odd, /peak memory +not measured/)
  t.match(odd, /survivors +2 \(pid 44, 45\)/)
})
