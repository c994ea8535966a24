/** `espalier doctor` beside a real daemon, and beside one that lies. */

import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Answer, answer, type ProcessReport } from '../../protocol/wire/answers.js'
import { encodeFrame } from '../../protocol/wire/frames.js'
import { launcherName } from '../../src/launcher/choose.js'
import { service, shown } from '../src/doctor/look.js'
import { CLI_FILE, cli, type Outcome } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning, startSleep } from '../support/processes.js'

const skip = launcherName() === 'portable' ? 'portable mode keeps nothing' : false

function doctor(t: Test, folder: string, ...more: readonly string[]): Promise<Outcome> {
  return cli(t, folder, ['doctor', ...more])
}

/** What answers at the control socket shows these processes of `web`, one of them counted, whatever lives. */
async function lie(t: Test, folder: string, processes: readonly ProcessReport[], live: number): Promise<() => void> {
  const answers: readonly Answer[] = [
    answer('tree_service', { service: service(live) }),
    answer('tree_processes', { processes }),
    answer('tree_end', { pid: process.pid, atMs: 0 }),
  ]
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(answers.map(encodeFrame).join('')))
  })
  const path = join(folder, 'control.sock')
  rmSync(path, { force: true })
  await new Promise<void>(listening => server.listen(path, listening))
  const close = () => void server.close()
  t.teardown(close)
  return close
}

t.test('without a daemon the host is judged, a line for each check, and nothing disagrees', async t => {
  const folder = privateFolder(t)
  const { code, out } = await doctor(t, folder)
  t.equal(code, 0)
  t.match(out, /^(ok|weaker|missing) +keeper +\S/m)
  t.match(out, /^(ok +tasks +the kernel refuses|missing +tasks +nothing enforces)/m)
  t.match(out, /^weaker +same user .*trace each other/m)
  t.match(out, /^no audit: no daemon answers/m)
  const { checks, audit } = JSON.parse((await doctor(t, folder, '--json')).out)
  t.match(checks[0], { name: 'keeper', state: String, means: String })
  t.match(audit, { reason: /no daemon answers/ })
})

t.test(
  'a daemon with a root, a spawned child, a fork and an orphan agrees with the process table',
  { skip },
  async t => {
    const folder = privateFolder(t)
    const spawn = `"${process.execPath}" "$CLI" spawn --name kid -- sleep 100`
    const command = `${spawn}; sleep 100 & (setsid sleep 100 &); exec sleep 100`
    const text = { services: { web: { command: ['sh', '-c', command], env: { CLI: CLI_FILE } } } }
    writeFileSync(join(folder, 'espalier.yaml'), JSON.stringify(text))
    t.teardown(() => cli(t, folder, ['down', '--all']))
    t.match(await cli(t, folder, ['up']), { code: 0 })
    await eventually('all four are shown', async () => {
      const { services } = JSON.parse((await cli(t, folder, ['tree', '--json'])).out)
      return services[0].tree.length === 4
    })
    t.match(await doctor(t, folder), { code: 0, out: /1 services, 4 processes, 1 keepers.* agree$/m })
    const { audit } = JSON.parse((await doctor(t, folder, '--json')).out)
    t.match(audit, { services: 1, processes: 4, keepers: 1, disagreements: [] })
  },
)

t.test('a process that is shown and does not live is found, and a counter that is wrong: exit 1', async t => {
  const folder = privateFolder(t)
  const living = startSleep(t)
  await lie(
    t,
    folder,
    [shown(living.pid, 'root', { startTicks: null }), shown(living.pid, 'spawned', { startTicks: 1 })],
    5,
  )
  const { code, out } = await doctor(t, folder)
  t.equal(code, 1)
  t.match(out, /2 disagree$/m)
  t.match(out, new RegExp(`^disagree {2}web: p${living.pid}, pid ${living.pid}, is shown, and .* not 1$`, 'm'))
  t.match(out, /^disagree {2}web: liveDescendants is 5, and 1 spawned processes are shown$/m)
})

t.test('a process below a keeper that nobody shows is found: exit 1', { skip }, async t => {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'espalier.yaml'), 'services:\n  web:\n    command: sleep 100\n    abandoned: keep\n')
  t.teardown(() => cli(t, folder, ['down', '--all']))
  await cli(t, folder, ['up'])
  const { daemonPid, services } = JSON.parse((await cli(t, folder, ['status', '--json'])).out)
  process.kill(daemonPid, 'SIGKILL')
  await eventually('the daemon is gone', () => !isRunning(daemonPid))
  const close = await lie(t, folder, [], 0)
  let out = ''
  // While it is young nobody need have seen it.
  await eventually('it is old enough to be missed', async () => {
    const outcome = await doctor(t, folder)
    out = outcome.out
    return outcome.code === 1
  })
  t.match(
    out,
    new RegExp(`^disagree {2}web: pid ${services[0].roots[0]} lives below the keeper, .* is not shown$`, 'm'),
  )
  close()
})
