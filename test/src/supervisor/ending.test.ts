import { once } from 'node:events'
import t from 'tap'
import { EspalierError } from '../../../protocol/failures.js'
import type { Launcher } from '../../../src/launch.js'
import { createInlineSupervisor } from '../../../src/supervisor.js'

t.test(
  'what cannot be ended when the signal closes a supervisor is a warning, and no rejection goes unhandled',
  async t => {
    const launcher = {
      endAll: () => Promise.reject(new EspalierError('timeout', 'process 7 is still there')),
    } as unknown as Launcher
    for (const when of ['later', 'before']) {
      const abort = new AbortController()
      const warned = once(process, 'warning')
      if (when === 'before') abort.abort()
      const supervisor = createInlineSupervisor({ launcher, signal: abort.signal })
      abort.abort()
      const [warning] = await warned
      t.match(warning, { message: 'espalier: process 7 is still there' })
      await t.rejects(supervisor.close(), { code: 'timeout' })
    }
  },
)
