/** What every `Launcher` must do; each implementation's test calls `launcherConformance` with a way to make one. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import t, { type Test } from 'tap'
import type { LaunchedProcess, Launcher, LaunchRequest } from '../../src/launch.js'
import { readIdentity } from '../../src/os/process.js'
import { checkEscapes } from './escapes.js'
import { checkPrivileges } from './privileges.js'
import { firstLine, isRunning, readAll, TEST_ENV, until } from './processes.js'

/** What a launcher can beyond what all can. */
export interface Knowledge {
  /** It follows forks that leave their group and session, and gives privileges, and is told what the kernel counted. */
  readonly isKeeper: boolean
}

/** Runs the suite over launchers that `create` makes, each used by one test and emptied after it. */
export function launcherConformance(title: string, create: () => Launcher, { isKeeper }: Knowledge): void {
  const check = (behaviour: string, body: (t: Test, launcher: Launcher) => Promise<void>) => {
    t.test(`${title}: ${behaviour}`, async t => {
      const launcher = create()
      t.teardown(() => launcher.endAll(null, 0))
      await body(t, launcher)
    })
  }

  check('a process gets its arguments, its whole environment and its cwd', async (t, launcher) => {
    const env = { ...TEST_ENV, ONLY: 'this' }
    const script = 'echo "$1 $ONLY $HOME $(pwd)"; echo wrong >&2; exit 3'
    const child = await launcher.launch(shell(script, { env, cwd: '/', args: ['-c', script, 'sh', 'first'] }))
    const [out, err] = await Promise.all([readAll(child.stdout), readAll(child.stderr)])
    t.equal(out, 'first this  /\n')
    t.equal(err, 'wrong\n')
    const exit = await child.exited
    t.match(exit, { exitCode: 3, signal: null, reason: 'self' })
    t.ok(Math.abs(exit.finishedAt - Date.now()) < 60_000)
  })

  check('a process reads what is written to its stdin, and /dev/null when that is ignored', async (t, launcher) => {
    const child = await launcher.launch(shell('cat', { stdin: 'pipe' }))
    child.stdin?.end('through')
    t.equal(await readAll(child.stdout), 'through')
    const deaf = await launcher.launch(shell('cat; echo end'))
    t.equal(deaf.stdin, null)
    t.equal(await readAll(deaf.stdout), 'end\n')
  })

  check('a process leads a group of its own and is known by its start ticks', async (t, launcher) => {
    const child = await launcher.launch(sleeper())
    const identity = readIdentity(child.pid)
    t.equal(identity?.pgrp, child.pid)
    t.equal(identity?.startTicks, child.startTicks)
    t.same(launcher.living(), [child.pid])
  })

  check(
    'a command that does not exist is launch_failed with the command, the errno and a way out',
    async (t, launcher) => {
      const missing = { code: 'launch_failed', message: /'no-such-command'.*ENOENT.*PATH/ }
      await t.rejects(launcher.launch(shell('', { command: 'no-such-command' })), missing)
      const directory = { code: 'launch_failed', message: /'\/'.*EACCES.*executable/ }
      await t.rejects(launcher.launch(shell('', { command: '/' })), directory)
      const nowhere = { code: 'launch_failed', message: /'sh' in '\/no\/such\/dir'.*working directory/ }
      await t.rejects(launcher.launch(shell('', { cwd: '/no/such/dir' })), nowhere)
      const empty = { code: 'launch_failed', message: /not empty/ }
      await t.rejects(launcher.launch(shell('', { command: '' })), empty)
      const long = { code: 'launch_failed', message: /E2BIG.*too long/ }
      await t.rejects(launcher.launch(shell('', { args: ['x'.repeat(4_000_000)] })), long)
      t.same(launcher.living(), [])
    },
  )

  check('signal reaches the process by name and by number, and its death is no order', async (t, launcher) => {
    for (const signal of ['SIGUSR1', constants.signals.SIGUSR1] as const) {
      const child = await launcher.launch(sleeper())
      t.equal(child.signal(signal), true)
      t.match(await child.exited, { exitCode: null, signal: constants.signals.SIGUSR1, reason: 'signal' })
      t.equal(child.signal('SIGTERM'), false, 'one that has ended cannot be signalled')
    }
  })

  check('a signal that does not exist is invalid input', async (t, launcher) => {
    const child = await launcher.launch(sleeper())
    t.throws(() => child.signal(9999), { code: 'invalid_input' })
    t.ok(isRunning(child.pid))
  })

  check('end resolves when all are reaped, and their exits carry the order', async (t, launcher) => {
    for (const reason of ['ttl', 'quota', 'cascade', 'stop'] as const) {
      const children = await Promise.all([launcher.launch(sleeper()), launcher.launch(sleeper())])
      await launcher.end(pidsOf(children), reason, 10_000)
      t.same(launcher.living(), [])
      for (const child of children) {
        t.match(await child.exited, { signal: constants.signals.SIGTERM, reason })
        t.notOk(isRunning(child.pid))
      }
    }
  })

  check('one that obeys TERM may end in its own way, and it is still the order', async (t, launcher) => {
    const child = await launcher.launch(shell('trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done'))
    await firstLine(child.stdout)
    await launcher.end([child.pid], 'stop', 10_000)
    t.match(await child.exited, { exitCode: 7, signal: null, reason: 'stop' })
  })

  check('one that ignores TERM is killed after the grace', async (t, launcher) => {
    const child = await launcher.launch(deafSleeper())
    await firstLine(child.stdout)
    const startMs = performance.now()
    await launcher.end([child.pid], 'ttl', 150)
    t.ok(performance.now() - startMs >= 149)
    t.match(await child.exited, { signal: constants.signals.SIGKILL, reason: 'ttl' })
  })

  check('a stopped process acts on TERM', async (t, launcher) => {
    const child = await launcher.launch(sleeper())
    child.signal('SIGSTOP')
    await until('stopped', () => readIdentity(child.pid)?.state === 'T')
    await launcher.end([child.pid], 'stop', 10_000)
    t.match(await child.exited, { signal: constants.signals.SIGTERM, reason: 'stop' })
  })

  check('a second order joins the first, and may shorten its grace', async (t, launcher) => {
    const child = await launcher.launch(deafSleeper())
    await firstLine(child.stdout)
    const first = launcher.end([child.pid], 'ttl', 600_000)
    await launcher.end([child.pid], 'stop', 0)
    await first
    t.match(await child.exited, { signal: constants.signals.SIGKILL, reason: 'ttl' })
  })

  check('undeclared forks that outlive a leader on TERM are killed after the grace', async (t, launcher) => {
    const child = await launcher.launch(shell(`${DEAF_FORK} exec sleep 100`))
    const fork = Number(await firstLine(child.stdout))
    await launcher.end([child.pid], 'stop', 200)
    t.match(await child.exited, { signal: constants.signals.SIGTERM, reason: 'stop' })
    t.notOk(isRunning(fork))
  })

  check('undeclared forks of a leader that ended by itself are ended by endAll', async (t, launcher) => {
    const child = await launcher.launch(shell(`${DEAF_FORK} exit 0`))
    const fork = Number(await firstLine(child.stdout))
    t.match(await child.exited, { exitCode: 0, reason: 'self' })
    t.ok(isRunning(fork))
    t.same(launcher.living(), [])
    await launcher.endAll('svc', 50)
    t.notOk(isRunning(fork))
  })

  check('an exit does not wait for a fork that holds the output open', async (t, launcher) => {
    const child = await launcher.launch(shell('sleep 100 & echo $!; exit 4'))
    const fork = Number(await firstLine(child.stdout))
    t.match(await child.exited, { exitCode: 4 })
    t.ok(isRunning(fork))
  })

  check('output is there for one who looks after the exit', async (t, launcher) => {
    const child = await launcher.launch(shell('echo out; echo err >&2'))
    await child.exited
    await new Promise(settle => setImmediate(settle))
    t.equal(await readAll(child.stdout), 'out\n')
    t.equal(await readAll(child.stderr), 'err\n')
  })

  check('output that nobody reads makes the process wait and takes no memory', async (t, launcher) => {
    const child = await launcher.launch(shell('exec cat /dev/zero'))
    await until('the pipe is full', () => readIdentity(child.pid)?.state === 'S')
    t.ok(child.stdout.readableLength <= 1024 * 1024)
    await launcher.end([child.pid], 'stop', 10_000)
  })

  check('writing to one that closed its stdin does no harm', async (t, launcher) => {
    const child = await launcher.launch(shell('exec <&-; echo closed; exec sleep 100', { stdin: 'pipe' }))
    await firstLine(child.stdout)
    const [error] = await Promise.all([
      new Promise(settle => child.stdin?.write('x'.repeat(1_000_000), settle)),
      new Promise(settle => child.stdin?.once('close', settle)),
    ])
    t.ok(error instanceof Error)
    t.ok(isRunning(child.pid))
  })

  check('end leaves alone what this launcher did not start', async (t, launcher) => {
    const stranger = spawn('sleep', ['100'], { detached: true, stdio: 'ignore', env: TEST_ENV })
    const gone = once(stranger, 'exit')
    const other = create()
    const child = await other.launch(sleeper())
    await launcher.end([stranger.pid ?? 0, child.pid, 999_999], 'stop', 0)
    await launcher.endAll(null, 0)
    t.ok(isRunning(stranger.pid ?? 0))
    t.ok(isRunning(child.pid))
    await other.endAll(null, 0)
    stranger.kill('SIGKILL')
    await gone
  })

  check('endAll and living know one service from another', async (t, launcher) => {
    const mine = await launcher.launch(sleeper('mine'))
    const other = await launcher.launch(sleeper('other'))
    t.same(launcher.living('mine'), [mine.pid])
    t.same(new Set(launcher.living()), new Set(pidsOf([mine, other])))
    await launcher.endAll('mine', 10_000)
    t.match(await mine.exited, { reason: 'stop' })
    t.same(launcher.living(), [other.pid])
    t.ok(isRunning(other.pid))
    await launcher.endAll(null, 10_000)
    t.same(launcher.living(), [])
  })

  check('an order for one that has already ended changes nothing', async (t, launcher) => {
    const child = await launcher.launch(shell('exit 5'))
    await child.exited
    await launcher.end([child.pid], 'stop', 10_000)
    t.match(await child.exited, { exitCode: 5, reason: 'self' })
  })

  check('what the kernel counted is known after the exit, or never', async (t, launcher) => {
    const child = await launcher.launch(shell('exec sleep 0'))
    await child.exited
    const { details } = child
    if (!isKeeper) {
      t.equal(details, null)
      return
    }
    t.match(details, { coreDumped: false })
    t.ok(details !== null && details.maxRssBytes > 0 && details.minorFaults > 0)
    t.ok(details !== null && Math.abs(details.startedAt - Date.now()) < 60_000)
  })

  if (isKeeper) {
    checkEscapes(check)
    checkPrivileges(check)
  } else {
    check('privileges that it cannot give are refused, not left out', async (t, launcher) => {
      const asking = launcher.launch(shell('', { privileges: { nice: 5 } }))
      await t.rejects(asking, { code: 'launch_failed', message: /keeper/ })
    })
  }
}

/** Forks one that ignores TERM, in the same group, and prints its pid once it does. */
const DEAF_FORK = `sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done' &`

function shell(script: string, over: Partial<LaunchRequest> = {}): LaunchRequest {
  return { service: 'svc', command: 'sh', args: ['-c', script], env: TEST_ENV, stdin: 'ignore', ...over }
}

function sleeper(service = 'svc'): LaunchRequest {
  return shell('', { service, command: 'sleep', args: ['100'] })
}

function deafSleeper(): LaunchRequest {
  return shell('trap "" TERM; echo ready; while :; do sleep 0.05; done')
}

function pidsOf(children: readonly LaunchedProcess[]): number[] {
  return children.map(child => child.pid)
}
