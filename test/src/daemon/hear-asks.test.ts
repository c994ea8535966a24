import t from 'tap'
import { createProcessBook } from '../../../src/daemon/book.js'
import type { DaemonContext } from '../../../src/daemon/context.js'
import { hearAsks } from '../../../src/daemon/hear-asks.js'
import type { ManagedProcess } from '../../../src/daemon/process.js'
import type { Ask } from '../../../src/launch.js'

const SPAWN = `${JSON.stringify({ v: 1, kind: 'spawn', name: 'kid', argv: ['true'], cwd: '/', env: {} })}\n`

/** What a process is answered for which the keeper names `anchor`, in a daemon that knows a process 7 of service svc, begun at tick 100. */
function answerTo(anchor: Pick<Ask, 'anchorPid' | 'anchorTicks'>, service = 'svc'): Promise<string> {
  const book = createProcessBook()
  book.add({ service: 'svc', name: 'svc', pid: 7, startTicks: 100, parentPid: null } as ManagedProcess)
  let hear: (ask: Ask) => void = () => undefined
  const launcher = { hear: (listener: typeof hear) => (hear = listener) }
  // Whoever gets as far as being decided about has been taken for process 7.
  const stopping = {
    has: () => {
      throw new Error('taken for process 7')
    },
  }
  hearAsks({ book, core: { launcher }, stopping } as unknown as DaemonContext)
  return new Promise(settle => {
    let text = ''
    const answer = (bytes: Uint8Array, isLast: boolean) => {
      text += new TextDecoder().decode(bytes)
      if (isLast) settle(text)
    }
    const line = new TextEncoder().encode(SPAWN)
    hear({ service, pid: 8, ...anchor, line, gone: new AbortController().signal, answer })
  })
}

t.test('a process whose pid another one had when its keeper was asked does not speak for that one', async t => {
  t.match(
    await answerTo({ anchorPid: 7, anchorTicks: 99 }),
    /"code":"owner_died","message":"process 7, for which 8 asks, has ended/,
  )
  t.match(await answerTo({ anchorPid: 7, anchorTicks: 100 }, 'other'), /"code":"owner_died"/)
  t.match(await answerTo({ anchorPid: 7, anchorTicks: 100 }), /taken for process 7/, 'the very process is heard')
})
