import t from 'tap'
import { servicesOf } from '../../../src/cli/run-services.js'
import { hearSignals, SAME_PRESS_MS } from '../../../src/cli/run-signals.js'

t.test('a command is a service by its base name, with the limits given', async t => {
  const options = { children: 2, depth: 4, memory: 1024, ttl: 500 }
  t.match(await servicesOf(['/usr/bin/my tool', '-x'], options), [
    {
      name: 'my-tool',
      command: ['/usr/bin/my tool', '-x'],
      cwd: process.cwd(),
      limits: { children: 2, depth: 4, descendants: null, totalMemory: 1024 },
      ttlMs: 500,
    },
  ])
})

t.test('a config gives its services', async t => {
  const dir = t.testdir({
    'espalier.yaml':
      'services:\n  web:\n    command: sleep 1\n    spawn:\n      mode: dynamic\n      limits: { children: 3 }\n',
  })
  t.match(await servicesOf([], { config: `${dir}/espalier.yaml` }), [
    { name: 'web', command: ['sleep', '1'], cwd: dir, limits: { children: 3 }, ttlMs: null },
  ])
  await t.rejects(servicesOf([], { config: `${dir}/none.yaml` }), { name: 'ConfigError' })
})

t.test('a mixture of both is a usage error', async t => {
  await t.rejects(servicesOf(['true'], { config: 'x' }), { name: 'UsageError', message: /not both/ })
  await t.rejects(servicesOf([], { config: 'x', depth: 2 }), { message: /--depth/ })
  await t.rejects(servicesOf([''], {}), { name: 'UsageError', message: /empty/ })
})

t.test('the first signal ends with grace, the same press twice is one, a later Ctrl-C kills', async t => {
  let nowMs = 1000
  t.intercept(performance, 'now', { value: () => nowMs })
  for (const first of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const heard: string[] = []
    const others = process.listenerCount(first)
    const stop = hearSignals({ stop: () => heard.push('stop'), kill: () => heard.push('kill') })
    process.emit(first, first)
    nowMs += SAME_PRESS_MS
    process.emit('SIGINT', 'SIGINT')
    t.strictSame(heard, ['stop'], 'heard twice')
    nowMs += 1
    process.emit('SIGTERM', 'SIGTERM')
    t.strictSame(heard, ['stop'], 'TERM is patient')
    process.emit('SIGINT', 'SIGINT')
    t.strictSame(heard, ['stop', 'kill'])
    stop()
    t.equal(process.listenerCount(first), others)
  }
})
