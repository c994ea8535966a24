/** No command hangs: against a daemon that is absent, silent, slow, dying or stopped each ends within its time-out, with its code. */

import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type CommandEntry, commandEntries } from '../../src/cli/commands.js'
import { createProgram } from '../../src/cli/program.js'
import { cli, type Outcome, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'

/** Arguments of every command that asks a daemon and takes a time-out. */
const ASKS: Readonly<Record<string, readonly string[]>> = {
  tree: [],
  ps: [],
  services: [],
  status: [],
  stop: [],
  start: ['web'],
  restart: ['web'],
  down: [],
  doctor: [],
  why: ['x'],
  history: [],
  events: ['-f'],
  plan: ['-c', 'plan.yaml'],
  top: ['--once'],
  reload: [],
  'limits get': [],
  'limits set': ['web', 'depth=3'],
}

/** They start what they talk to, talk to a keeper, or to nobody; `spawn`, `up` and `run` have rows of their own below. */
const OTHERS = ['run', 'up', 'spawn', 'logs', 'config print']

/** At most so long beyond its time-out, in ms: node has to start, on a busy machine too. */
const SLACK_MS = 20_000

/** Code 6 of a daemon that is not there; `doctor` judges the host then. */
const unreachable = (command: string) => (command === 'doctor' ? 0 : 6)

t.test('every command with a time-out is in the table', async t => {
  const entries = commandEntries(createProgram(() => undefined))
  const named = entries.filter(takesTimeout).map(({ path }) => path.join(' '))
  t.same(
    named.filter(name => !(name in ASKS) && !OTHERS.includes(name)),
    [],
  )
  t.same(
    Object.keys(ASKS).filter(name => !named.includes(name)),
    [],
  )
})

t.test('a daemon that is absent: 6 at once', async t => {
  await each(t, privateFolder(t), '15s', unreachable)
})

t.test('a daemon that takes the connection and says nothing: 5 after the time-out', async t => {
  await each(
    t,
    answering(t, () => undefined),
    '300ms',
    () => 5,
  )
})

t.test('a daemon whose answer never ends: 5 after the time-out', async t => {
  const folder = answering(t, socket => {
    const timer = setInterval(() => socket.write('{'), 20)
    socket.on('close', () => clearInterval(timer))
  })
  await each(t, folder, '300ms', () => 5)
})

t.test('a daemon that dies while it is asked: 6 at once', async t => {
  await each(
    t,
    answering(t, socket => socket.once('data', () => socket.destroy())),
    '15s',
    unreachable,
  )
})

t.test('a daemon that is stopped (SIGSTOP): 5 after the time-out, and it is served when it goes on', async t => {
  const folder = privateFolder(t)
  const run = startCli(t, folder, ['run', '--show-tree', '--', 'sleep', '300'])
  await run.says(/\+ sleep/)
  process.kill(run.pid, 'SIGSTOP')
  try {
    for (const command of ['ps', 'limits get']) t.equal((await ask(t, folder, command, '500ms')).code, 5, command)
  } finally {
    process.kill(run.pid, 'SIGCONT')
  }
  t.match(await cli(t, folder, ['stop']), { code: 0 })
  await run.ended
})

t.test('spawn, whose daemon is absent, silent or dying: 6, 5 after the time-out, 6', async t => {
  const ask = (folder: string, timeout: string) =>
    cli(t, folder, ['spawn', '--name', 'a', '--timeout', timeout, '--', 'true'], {
      ESPALIER_SOCKET: join(folder, 'control.sock'),
      ESPALIER_TOKEN: 'a'.repeat(64),
    })
  t.match(await ask(privateFolder(t), '15s'), { code: 6 })
  const silent = answering(t, () => undefined)
  t.match(await ask(silent, '300ms'), { code: 5 })
  const dying = answering(t, socket => socket.once('data', () => socket.destroy()))
  t.match(await ask(dying, '15s'), { code: 6 })
})

t.test('up and run beside a daemon that is stopped (SIGSTOP): 1 at once, and who holds the directory', async t => {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'espalier.yaml'), 'services: { web: { command: sleep 300 } }\n')
  const run = startCli(t, folder, ['run', '--show-tree', '--', 'sleep', '300'])
  await run.says(/\+ sleep/)
  process.kill(run.pid, 'SIGSTOP')
  try {
    for (const args of [['up'], ['run', '--', 'true']]) {
      const startedMs = performance.now()
      const { code, err } = await cli(t, folder, args)
      t.equal(code, 1, args[0])
      t.match(err, new RegExp(`a daemon with pid ${run.pid} already runs here`))
      t.ok(performance.now() - startedMs < SLACK_MS, args[0])
    }
  } finally {
    process.kill(run.pid, 'SIGCONT')
  }
  run.child.kill('SIGTERM')
  await run.ended
})

/** A folder with a socket whose every connection `greet` has. */
function answering(t: Test, greet: (socket: Socket) => void): string {
  const folder = privateFolder(t)
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, socket => {
    open.add(socket)
    // Who hangs up on us is no failure here.
    socket.on('error', () => socket.destroy())
    greet(socket)
    socket.resume()
  })
  server.listen(join(folder, 'control.sock'))
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return folder
}

async function each(t: Test, folder: string, timeout: string, code: (command: string) => number): Promise<void> {
  const commands = Object.keys(ASKS)
  writeFileSync(join(folder, 'plan.yaml'), 'services: { web: { command: a } }\n')
  const next = async (): Promise<void> => {
    for (let command = commands.shift(); command !== undefined; command = commands.shift()) {
      const startedMs = performance.now()
      const outcome = await ask(t, folder, command, timeout)
      t.equal(outcome.code, code(command), `${command}: ${outcome.err}`)
      t.ok(performance.now() - startedMs < SLACK_MS, command)
    }
  }
  await Promise.all([next(), next()])
}

function ask(t: Test, folder: string, command: string, timeout: string): Promise<Outcome> {
  return cli(t, folder, [...command.split(' '), ...(ASKS[command] ?? []), '--timeout', timeout])
}

function takesTimeout({ options }: CommandEntry): boolean {
  return options.some(({ names }) => names.includes('--timeout'))
}
