/** Each row of the table in docs/OPERATIONS.md: what a signal does to a daemon, its keeper and a child, under `run` and `up`. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { listKeepers } from '../../src/keeper/list.js'
import { launcherName } from '../../src/launcher/choose.js'
import { readIdentity } from '../../src/os/process.js'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning } from '../support/processes.js'

const skip = launcherName() === 'portable' ? 'portable mode keeps nothing' : false

interface Row {
  readonly mode: 'run' | 'up'
  readonly signal: NodeJS.Signals
  readonly daemon: 'ends' | 'runs'
  readonly rest: 'ends' | 'runs'
}

/** Ctrl-C twice is in run.test.ts, with a child that ignores TERM. */
const ROWS: readonly Row[] = [
  { mode: 'run', signal: 'SIGINT', daemon: 'ends', rest: 'ends' },
  { mode: 'run', signal: 'SIGHUP', daemon: 'ends', rest: 'ends' },
  { mode: 'run', signal: 'SIGTERM', daemon: 'ends', rest: 'ends' },
  { mode: 'run', signal: 'SIGKILL', daemon: 'ends', rest: 'runs' },
  { mode: 'up', signal: 'SIGINT', daemon: 'ends', rest: 'ends' },
  { mode: 'up', signal: 'SIGHUP', daemon: 'runs', rest: 'runs' },
  { mode: 'up', signal: 'SIGTERM', daemon: 'ends', rest: 'ends' },
  { mode: 'up', signal: 'SIGKILL', daemon: 'ends', rest: 'runs' },
]

for (const { mode, signal, daemon, rest } of ROWS) {
  t.test(`${signal} to the daemon of ${mode}: it ${daemon}, keeper and child ${rest}`, { skip }, async t => {
    const folder = privateFolder(t)
    t.teardown(async () => {
      await cli(t, folder, ['down', '--all'])
    })
    const pid = await start(t, folder, mode)
    const { out } = await cli(t, folder, ['status', '--json'])
    const child = Number(JSON.parse(out).services[0].roots[0])
    const [keeper] = listKeepers(folder)
    t.not(sessionOf(keeper.pid), sessionOf(pid), 'the keeper is in no session of its daemon')
    process.kill(pid, signal)
    if (daemon === 'ends') await eventually('the daemon ends', () => !isRunning(pid))
    if (rest === 'ends') await eventually('the rest ends', () => !isRunning(child) && !isRunning(keeper.pid))
    else {
      // A whole question and answer later they are there still.
      await cli(t, folder, ['status'])
      t.same([isRunning(child), isRunning(keeper.pid), isRunning(pid)], [true, true, daemon === 'runs'])
    }
  })
}

t.test(
  'up has left the session of whoever called it, so a terminal that closes does not reach it',
  { skip },
  async t => {
    const folder = privateFolder(t)
    t.teardown(async () => {
      await cli(t, folder, ['down', '--all'])
    })
    const pid = await start(t, folder, 'up')
    t.not(sessionOf(pid), sessionOf(process.pid))
  },
)

async function start(t: Test, folder: string, mode: Row['mode']): Promise<number> {
  writeFileSync(
    join(folder, 'espalier.yaml'),
    'services:\n  web:\n    command: [sh, -c, "echo ready; exec sleep 300"]\n',
  )
  if (mode === 'up') return Number(/^daemon (\d+)/.exec((await cli(t, folder, ['up'])).out)?.[1])
  const run = startCli(t, folder, ['run'])
  await run.says(/ready/)
  return run.pid
}

/** The process group is that of a session's leader for all that we start detached. */
function sessionOf(pid: number): number {
  return readIdentity(pid)?.pgrp ?? 0
}
