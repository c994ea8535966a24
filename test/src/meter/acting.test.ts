/** What follows a round that finds a service over its quota: counted in rounds, not in time. */

import t, { type Test } from 'tap'
import type { MemoryAction } from '../../../protocol/limits.js'
import { startMeter } from '../../../src/meter/meter.js'
import { createInlineSupervisor, manualClock } from '../../../src/testing.js'
import { register, spawnChild } from '../../support/acts.js'
import { listen } from '../../support/listen.js'
import { eventually } from '../../support/processes.js'

const [ROOT, CHILD] = [100, 101]
const QUOTA = 1000

/** Answers each question with one sample of the child, which in the third round is over the quota. */
const GROWING = `import('node:worker_threads').then(({ parentPort }) => {
  let rounds = 0
  parentPort.on('message', ({ id }) => {
    const rssBytes = ++rounds < 3 ? 10 : ${QUOTA + 1}
    const samples = [{ pid: ${CHILD}, cpuPercent: 0, rssBytes }]
    const held = { processes: 1, rssBytes }
    parentPort.postMessage({ id, round: { samples, missed: [], found: null, held }, groups: [] })
  })
})`

/** What was seen at the beginning of each of four rounds. */
async function rounds<T>(t: Test, memoryAction: MemoryAction, see: (world: World) => T): Promise<readonly T[]> {
  const supervisor = createInlineSupervisor({ clock: manualClock() })
  t.teardown(() => supervisor.close())
  await register(supervisor, 'svc', { totalMemory: QUOTA, memoryAction }, ROOT)
  await spawnChild(supervisor, ROOT, CHILD)
  const heard = listen(supervisor)
  const seen: T[] = []
  const meter = startMeter({
    periodMs: 50,
    pids: () => {
      seen.push(see({ supervisor, heard }))
      return [{ pid: CHILD, startTicks: null }]
    },
    report: (pid, cpuPercent, rssBytes) => supervisor.cast.updateChildMetrics(pid, cpuPercent, rssBytes),
    onError: error => t.fail(error.message),
    thread: new URL(`data:text/javascript,${encodeURIComponent(GROWING)}`),
  })
  await eventually('four rounds have begun', () => seen.length >= 4)
  await meter.stop()
  return seen.slice(0, 4)
}

interface World {
  readonly supervisor: ReturnType<typeof createInlineSupervisor>
  readonly heard: ReturnType<typeof listen>
}

t.test('the memory action has said who must end before the next round begins', async t => {
  const orders = await rounds(t, 'kill_newest', ({ heard }) =>
    heard.all('termination_due').map(({ pids, reason }) => ({ pids, reason })),
  )
  t.same(orders, [[], [], [], [{ pids: [CHILD], reason: 'quota' }]])
})

t.test('what is asked when the next round begins is refused by the quota', async t => {
  const answers = await rounds(t, 'deny', ({ supervisor }) => supervisor.authorizeSpawn(ROOT, 'more'))
  const codes = (await Promise.all(answers)).map(answer => (answer.ok ? 'granted' : answer.code))
  t.same(codes, ['granted', 'granted', 'granted', 'memory_quota'])
})
