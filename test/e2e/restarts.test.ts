/** Services that are started again, and what calls that off: stop, down, reload, kill -9 of the daemon. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { ServiceReport } from '../../protocol/wire/answers.js'
import { connect, type Forest } from '../../src/client/connect.js'
import { ClientError } from '../../src/client/errors.js'
import { launcherName } from '../../src/launcher/choose.js'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually as eventuallyWithin, isRunning } from '../support/processes.js'

const needsKeepers = launcherName() === 'portable' ? 'portable mode keeps nothing' : false

/** A pause that no test waits for: an hour, drawn from 0 upwards. */
const LONG = '{ policy: always, backoff: { first: 1h, longest: 1h } }'
/** As good as none. */
const SHORT = 'backoff: { first: 1ms, longest: 1ms }'

/** Starts and restarts of several programs take longer than one step where much else runs. */
const eventually = (what: string, holds: () => boolean | Promise<boolean>) => eventuallyWithin(what, holds, 30_000)

function place(t: Test, services: Readonly<Record<string, string>>): string {
  const folder = privateFolder(t)
  writeConfig(folder, services)
  return folder
}

/** Each service in one line of YAML. */
function writeConfig(folder: string, services: Readonly<Record<string, string>>): void {
  const lines = Object.entries(services).map(([name, text]) => `  ${name}: { ${text} }\n`)
  writeFileSync(join(folder, 'espalier.yaml'), `services:\n${lines.join('')}`)
}

/** Asked of the daemon directly: no process is started for it. Undefined where no daemon answers. */
async function lookAt(folder: string): Promise<Forest | undefined> {
  try {
    return await connect({ socket: join(folder, 'control.sock') }).tree()
  } catch (error) {
    if (error instanceof ClientError) return undefined
    throw error
  }
}

async function stateOf(folder: string, name: string): Promise<ServiceReport | undefined> {
  return (await lookAt(folder))?.services.find(service => service.name === name)
}

t.test('a service that fails is started again until it ends well, and the run ends with its last exit', async t => {
  const script = 'echo life >> lives; test $(wc -l < lives) -ge 3'
  const folder = place(t, { web: `command: [sh, -c, '${script}'], restart: { policy: on-failure, ${SHORT} }` })
  const { code, out, err } = await cli(t, folder, ['run'])
  t.equal(code, 0)
  t.equal(readFileSync(join(folder, 'lives'), 'utf8'), 'life\n'.repeat(3))
  t.match(err, /web is started again in 0ms \(1 of 5\)\n.*web is started again in 0ms \(2 of 5\)\n/)
  t.match(out, /survivors +0/)
})

t.test('one that fails too often is left alone, the others run on, and the run has failed', async t => {
  const folder = place(t, {
    bad: `command: 'false', restart: { policy: always, ${SHORT}, intensity: 2/1m }`,
    good: "command: [sh, -c, 'while ! test -e go; do sleep 0.05; done']",
  })
  const run = startCli(t, folder, ['run'])
  await eventually('it is left alone', () => /bad has failed: 2 restarts in 1m/.test(run.err()))
  t.match(await stateOf(folder, 'bad'), { state: 'failed', restarts: 2, phase: { count: 2, windowMs: 60_000 } })
  t.match(await stateOf(folder, 'good'), { state: 'running', restarts: 0 })
  t.match((await cli(t, folder, ['services'])).out, /^bad +failed \(2 restarts in 1m\) {2}0 /m)
  writeFileSync(join(folder, 'go'), '')
  t.match(await run.ended, { code: 1, out: /survivors +0/ })
})

t.test(
  'nothing of one life runs beside the next, forks that nobody declared included',
  { skip: needsKeepers },
  async t => {
    const script =
      'test -e fork && { kill -0 $(cat fork) 2>/dev/null && echo beside || echo alone; exit 0; }; setsid sleep 300 & echo $! > fork; exit 1'
    const folder = place(t, { web: `command: [sh, -c, "${script}"], restart: { policy: on-failure, ${SHORT} }` })
    t.match(await cli(t, folder, ['run']), { code: 0, out: /^web \| alone$/m })
  },
)

t.test('a restart that is due is shown, and called off by stop and by Ctrl-C', async t => {
  const folder = place(t, { web: `command: [sh, -c, 'exit 4'], restart: ${LONG}`, other: 'command: sleep 300' })
  const run = startCli(t, folder, ['run'])
  await eventually('it is due', () => /web is started again/.test(run.err()))
  t.match(await stateOf(folder, 'web'), { state: 'restarting', processes: 0, phase: { count: 1, limit: 5 } })
  t.match((await cli(t, folder, ['status'])).out, /^web {2,}restarting in [\d.]+\w+ \(1 of 5\) {2,}root none/m)
  t.match((await cli(t, folder, ['tree'])).out, /^web {2,}restarting in [\d.]+\w+ \(1 of 5\) {2}/m)
  t.match(await cli(t, folder, ['stop', 'web']), { code: 0, out: 'stopped web\n' })
  t.match(await stateOf(folder, 'web'), { state: 'ended' })
  run.child.kill('SIGINT')
  t.match(await run.ended, { code: 1 }, 'its last exit was a failure, as without restarts')

  const again = startCli(t, folder, ['run'])
  await eventually('it is due', () => /web is started again/.test(again.err()))
  again.child.kill('SIGINT')
  t.match(await again.ended, { code: 1 })
})

t.test(
  'in the background: a failed service keeps its daemon, a reload starts it anew',
  { skip: needsKeepers },
  async t => {
    const bad = `command: 'false', restart: { policy: on-failure, ${SHORT}, intensity: 1/1m }`
    const folder = place(t, { bad })
    t.teardown(() => cli(t, folder, ['down', '--all']))
    await cli(t, folder, ['up'])
    await eventually('it has failed', async () => (await stateOf(folder, 'bad'))?.state === 'failed')
    const log = readFileSync(join(folder, 'daemon.log'), 'utf8')
    t.match(log, /bad is started again in 0ms \(1 of 1\)/)
    t.match(log, /bad has failed: 1 restarts in 1m/)
    const daemonPid = (await lookAt(folder))?.daemonPid ?? 0
    writeConfig(folder, { bad: bad.replace("'false'", "'sleep 300'") })
    process.kill(daemonPid, 'SIGHUP')
    await eventually('it runs', async () => (await stateOf(folder, 'bad'))?.state === 'running')
    t.match(await cli(t, folder, ['down']), { code: 0, out: 'stopped bad\n' })
    t.notOk(isRunning(daemonPid))
  },
)

t.test(
  'after kill -9 of the daemon a restart that was due is made at once by the next',
  { skip: needsKeepers },
  async t => {
    const script = 'echo life >> lives; test $(wc -l < lives) -eq 1 || exec sleep 300'
    const folder = place(t, { web: `command: [sh, -c, '${script}'], restart: ${LONG}` })
    t.teardown(() => cli(t, folder, ['down', '--all']))
    await cli(t, folder, ['up'])
    await eventually('it is due', async () => (await stateOf(folder, 'web'))?.state === 'restarting')
    const daemonPid = (await lookAt(folder))?.daemonPid ?? 0
    process.kill(daemonPid, 'SIGKILL')
    await eventually('the daemon is gone', () => !isRunning(daemonPid))
    t.equal((await cli(t, folder, ['up'])).code, 0)
    t.match(await stateOf(folder, 'web'), { state: 'running', restarts: 0 })
    t.equal(readFileSync(join(folder, 'lives'), 'utf8'), 'life\n'.repeat(2))
    process.kill((await lookAt(folder))?.processes[0].pid ?? 0, 'SIGKILL')
    await eventually('it is due again', async () => (await stateOf(folder, 'web'))?.state === 'restarting')
    t.match(await cli(t, folder, ['down']), { code: 0, out: 'stopped web\n' })
  },
)
