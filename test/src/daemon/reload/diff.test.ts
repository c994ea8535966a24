import t from 'tap'
import type { ServiceRun } from '../../../../src/daemon/context.js'
import { diffServices } from '../../../../src/daemon/reload/diff.js'

function service(name: string, more: Partial<ServiceRun> = {}): ServiceRun {
  return {
    name,
    command: ['sleep'],
    env: {},
    cwd: '/',
    limits: {},
    ttlMs: null,
    abandon: { keep: true, afterMs: 1 },
    ...more,
  }
}

const NONE = { preview: () => ({ changes: [], kept: [] }) }

t.test('the same config changes nothing, wherever its lines stand', async t => {
  const at = (line: number) => ({ limitOrigins: { children: { from: 'file', file: '/c', line } as const } })
  t.strictSame(diffServices([service('a', at(3))], [service('a', at(4))], NONE, new Set()), [])
})

t.test('services come and go, and keys count from the next start by the name that the file gives them', async t => {
  const known = [service('gone'), service('a', { env: { TOKEN: 'secret' } })]
  const wanted = [service('new'), service('a', { env: {}, noNewPrivileges: false, nice: 3 })]
  const changes = diffServices(known, wanted, NONE, new Set())
  t.strictSame(changes, [
    { service: 'new', kind: 'started' },
    { service: 'a', kind: 'next_start', keys: ['env', 'no_new_privs', 'nice'] },
    { service: 'gone', kind: 'left_out' },
  ])
  t.notMatch(JSON.stringify(changes), /secret/)
})

t.test('bounds of a log count at once, apart from what counts from the next start', async t => {
  const wanted = [service('a', { logs: { files: 2 }, nice: 3 })]
  t.strictSame(diffServices([service('a')], wanted, NONE, new Set()), [
    { service: 'a', kind: 'at_once', keys: ['logs'] },
    { service: 'a', kind: 'next_start', keys: ['nice'] },
  ])
})

t.test('limits are compared as they hold', async t => {
  const limits = {
    preview: () => ({ changes: [{ name: 'children', before: 1, after: 2 } as const], kept: ['depth'] as const }),
  }
  t.strictSame(diffServices([service('a')], [service('a')], limits, new Set()), [
    { service: 'a', kind: 'limits', changes: [{ name: 'children', before: 1, after: 2 }], kept: ['depth'] },
  ])
})

t.test('a service that has failed is started again, in the same config too', async t => {
  t.strictSame(diffServices([service('a')], [service('a')], NONE, new Set(['a'])), [
    { service: 'a', kind: 'started_again' },
  ])
})
