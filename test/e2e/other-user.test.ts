/** A service with a user of its own asks on its spawn socket; everybody else is kept from it. */

import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { cli, type Running, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { eventually, isRunning } from '../support/processes.js'

/** Of `nobody` and of `daemon`, which every Linux has. */
const NOBODY = 65_534
const DAEMON = 1

const skip = reasonToSkip()

function reasonToSkip(): string | false {
  if (launcherName() === 'portable') return 'portable mode switches no users'
  if (process.getuid?.() !== 0) return 'only root gives services a user of their own'
  const runs = spawnSync(process.execPath, ['-e', ''], { uid: NOBODY, env: {}, cwd: '/' })
  return runs.status === 0 ? false : 'the node of this test cannot be executed by nobody'
}

/** Sends one request to SOCKET and prints the answer, or the error of connecting, behind `WORD=`. */
const ASK = `const [word, path, line] = process.argv.slice(1)
const s = require('net').connect(path, () => s.write(line + '\\n'))
let text = ''
s.on('error', e => { text += e.code }).on('data', d => { text += d }).on('close', () => console.log(word + '=' + text.trim()))`

const SPAWN = JSON.stringify({
  v: 1,
  kind: 'spawn',
  name: 'kid',
  argv: ['sh', '-c', 'echo kid=$(id -u); echo kid-pid=$$; exec sleep 300'],
  cwd: '/',
  env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
})

function service(user: string, script: string): object {
  const env = { ASK, SPAWN, NODE: process.execPath }
  return { command: ['sh', '-c', script], user, cwd: '/', env }
}

async function start(t: Test, folder: string, services: object): Promise<Running> {
  writeFileSync(join(folder, 'espalier.yaml'), JSON.stringify({ services }))
  return startCli(t, folder, ['run', '--show-tree', '-c', 'espalier.yaml'])
}

const ASKS = 'echo socket=$ESPALIER_SOCKET; "$NODE" -e "$ASK" asked "$ESPALIER_SOCKET" "$SPAWN"; exec sleep 300'

function askAs(uid: number, socket: string): string {
  return spawnSync(process.execPath, ['-e', ASK, 'asked', socket, SPAWN], {
    uid,
    gid: uid,
    env: {},
    cwd: '/',
  }).stdout.toString()
}

t.test(
  'a service of another user spawns; its socket is reached by that user alone, and goes with it',
  { skip },
  async t => {
    const folder = privateFolder(t)
    const run = await start(t, folder, { svc: service('nobody', ASKS) })
    const [, socket] = await run.says(/socket=(\S+)/)
    t.match((await run.says(/asked=(.*)/))[1], /"kind":"spawned"/)
    t.equal(Number((await run.says(/kid=(\d+)/))[1]), NOBODY)
    const kid = Number((await run.says(/kid-pid=(\d+)/))[1])
    t.match(lstatSync(socket), { uid: NOBODY })
    t.equal(lstatSync(socket).mode & 0o077, 0)
    t.match(statSync(dirname(socket)), { uid: 0 })
    t.equal(statSync(dirname(socket)).mode & 0o777, 0o711, 'others pass, and neither list nor write')
    t.match(askAs(DAEMON, socket), /asked=EACCES/)
    t.match(askAs(NOBODY, socket), /"code":"outside"/)
    t.match(askAs(0, socket), /"code":"outside"/)
    t.equal(statSync(folder).mode & 0o777, 0o700)
    await cli(t, folder, ['stop'])
    t.match(await run.ended, { out: /survivors +0/ })
    t.notOk(isRunning(kid))
    t.notOk(existsSync(socket))
    t.notOk(existsSync(dirname(socket)))
  },
)

t.test('services of two users have a socket each, and neither reaches the other’s', { skip }, async t => {
  const folder = privateFolder(t)
  const other = 'echo other=$ESPALIER_SOCKET; exec sleep 300'
  const run = await start(t, folder, {
    svc: service('nobody', ASKS),
    two: service('daemon', other),
    own: { command: 'sleep 300' },
  })
  const [, socket] = await run.says(/socket=(\S+)/)
  const [, two] = await run.says(/other=(\S+)/)
  t.match(askAs(NOBODY, two), /asked=EACCES/)
  t.match(askAs(DAEMON, socket), /asked=EACCES/)
  t.match(askAs(NOBODY, join(folder, 'keeper-own', 'spawn.sock')), /asked=EACCES/)
  await cli(t, folder, ['stop', 'svc'])
  t.ok(existsSync(two), 'the other’s stays')
  await cli(t, folder, ['stop'])
  await run.ended
  t.notOk(existsSync(dirname(two)))
})

t.test(
  'after its keeper was killed a service of another user asks the next one, at the same place',
  { skip },
  async t => {
    const folder = privateFolder(t)
    const script = `trap '"$NODE" -e "$ASK" asked "$ESPALIER_SOCKET" "$SPAWN"' USR1; echo root=$$; while :; do sleep 0.05; done`
    const run = await start(t, folder, { svc: service('nobody', script) })
    const root = Number((await run.says(/root=(\d+)/))[1])
    const keepers = async () => JSON.parse((await cli(t, folder, ['status', '--json'])).out).keepers
    const [{ pid: dead }] = await keepers()
    process.kill(dead, 'SIGKILL')
    await eventually('another keeper serves', async () => {
      const [keeper] = await keepers()
      return keeper !== undefined && keeper.pid !== dead && keeper.hasDaemon
    })
    process.kill(root, 'SIGUSR1')
    t.match((await run.says(/asked=(.*)/))[1], /"kind":"spawned"/)
    await cli(t, folder, ['stop'])
    t.match(await run.ended, { out: /survivors +0/ })
  },
)
