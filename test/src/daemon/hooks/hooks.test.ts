import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { EspalierEvent } from '../../../../protocol/events.js'
import { HOOK_KINDS } from '../../../../src/config/types.js'
import { Hooks } from '../../../../src/daemon/hooks/hooks.js'
import { TEST_ENV } from '../../../launcher/processes.js'
import { privateFolder } from '../../../support/folder.js'

const head = { service: 'web', number: 1, atMs: 0 }
const refusal = {
  ...{ ok: false as const, code: 'rate_limit' as const, message: 'no', limit: 1, current: 1, decisionId: '0-1' },
}
const EVENTS: readonly EspalierEvent[] = [
  { ...head, kind: 'spawn_refused', parentPid: 1, childName: 'kid', refusal },
  { ...head, kind: 'root_exited', pid: 1, exit: { exitCode: 0, signal: null, finishedAt: 0, reason: 'self' } },
  { ...head, kind: 'termination_due', pids: [1], reason: 'quota' },
  { ...head, kind: 'limit_overrun', pid: 1, code: 'child_limit', limit: 1, current: 2 },
  { ...head, kind: 'termination_due', pids: [1], reason: 'ttl' },
  { ...head, kind: 'service_unregistered' },
]

t.test('each event is the occasion of its hook, and of no other service', async t => {
  const cwd = privateFolder(t)
  const troubles: string[] = []
  const hooks = new Hooks({ env: { ...TEST_ENV }, onTrouble: message => troubles.push(message) })
  const command = ['sh', '-c', 'echo $ESPALIER_HOOK $ESPALIER_COUNT >> told; test $ESPALIER_HOOK != quota']
  const on = { commands: new Map(HOOK_KINDS.map(kind => [kind, command])), timeoutMs: 60_000 }
  hooks.set({ name: 'web', cwd, on })
  hooks.set({ name: 'db', cwd })
  for (const event of EVENTS) hooks.hear(event)
  hooks.hear({ ...EVENTS[0], service: 'db' })
  hooks.hear({ ...EVENTS[0], service: 'unknown' })
  // A config that comes while they run does not end them.
  hooks.set({ name: 'web', cwd })
  await hooks.close()
  const told = readFileSync(join(cwd, 'told'), 'utf8').trim().split('\n').sort()
  t.same(told, ['exited 1', 'limit_overrun 1', 'quota 1', 'refused 1'])
  t.same(troubles, ['the hook quota of web exited 1'])
})
