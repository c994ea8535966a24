/** Ways in which a process gets away from its launcher, and what a launcher that follows forks does about them. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Launcher, LaunchRequest } from '../../src/launch.js'
import { privateFolder } from '../support/folder.js'
import { firstLine, marked, TEST_ENV, until } from './processes.js'

type Check = (behaviour: string, body: (t: Test, launcher: Launcher) => Promise<void>) => void

/** In sh: ignore TERM and stay. Every loop of these scripts ends when its guard, a file, is gone. */
const STAY = 'trap "" TERM; echo staying; while [ -e "$GUARD" ]; do sleep 0.05; done'

/** What a leader does that leaves something behind; its first line says that it is done. */
const WAYS: Readonly<Record<string, string>> = {
  'a fork that ignores TERM': `sh -c '${STAY}' & wait`,
  'a fork in a session of its own': `setsid sh -c '${STAY}' & wait`,
  'a double fork in a session of its own': `(setsid sh -c '${STAY}' &) ; wait; sleep 100`,
  'a daemon whose starter has gone': `(setsid sh -c 'setsid sh -c "$STAY" & exit' &) ; exit 0`,
  'a daemon that closed its output': `(setsid sh -c 'trap "" TERM; exec >&- 2>&-; while [ -e "$GUARD" ]; do sleep 0.05; done' &); echo staying; sleep 100`,
  'a process that hops from fork to fork': 'echo staying; exec sh "$HOP"',
}

/** A process that forks its successor and ends, always in a new session. */
const HOP = '[ -e "$GUARD" ] || exit 0\nsetsid sh "$0" &\nexit 0\n'

/** For launchers that follow forks wherever they go. */
export function checkEscapes(check: Check): void {
  for (const [way, script] of Object.entries(WAYS)) {
    check(`an order to end a process ends ${way}`, async (t, launcher) => {
      const runaway = await startEscape(t, launcher, script)
      await launcher.end([runaway.pid], 'stop', 100)
      t.same(marked(runaway.mark), [])
    })

    check(`ending a service ends ${way}`, async (t, launcher) => {
      const runaway = await startEscape(t, launcher, script)
      await launcher.endAll('svc', 100)
      t.same(marked(runaway.mark), [])
    })
  }

  check('an order to end one process leaves the forks of another alone', async (t, launcher) => {
    const mine = await startEscape(t, launcher, WAYS['a daemon whose starter has gone'])
    const other = await startEscape(t, launcher, WAYS['a daemon whose starter has gone'])
    await launcher.end([mine.pid], 'stop', 100)
    t.same(marked(mine.mark), [])
    t.ok(marked(other.mark).length > 0)
    await launcher.endAll(null, 0)
    t.same(marked(other.mark), [])
  })
}

let escapes = 0

async function startEscape(t: Test, launcher: Launcher, script: string) {
  const folder = privateFolder(t)
  const guard = join(folder, 'guard')
  const hop = join(folder, 'hop')
  writeFileSync(guard, '')
  writeFileSync(hop, HOP)
  const mark = `MARK=${process.pid}.${++escapes}`
  const env = { ...TEST_ENV, GUARD: guard, HOP: hop, STAY, MARK: mark.slice(5) }
  const request: LaunchRequest = { service: 'svc', command: 'sh', args: ['-c', script], env, stdin: 'ignore' }
  const child = await launcher.launch(request)
  t.equal(await firstLine(child.stdout), 'staying')
  await until('it has got away', () => marked(mark).length > 0)
  return { pid: child.pid, mark }
}
