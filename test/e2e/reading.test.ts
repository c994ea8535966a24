/** What reads without changing anything: a config, and what runs. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { commandEntries } from '../../src/cli/commands.js'
import { createProgram } from '../../src/cli/program.js'
import { CLI_FILE, cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'

t.test('config check names what is wrong at its line and key, and exits 7', async t => {
  const folder = privateFolder(t)
  const file = join(folder, 'espalier.yaml')
  writeFileSync(file, 'services:\n  a:\n    comand: x\n')
  const wrong = await cli(t, folder, ['config', 'check', file])
  t.equal(wrong.code, 7)
  t.match(wrong.err, /espalier\.yaml:3:5: services\.a\.comand: .*Did you mean command\?/)
  writeFileSync(file, 'services:\n  a: { command: "true" }\n')
  t.match(await cli(t, folder, ['config', 'check']), { code: 0, out: 'fine: a\n', err: '' })
  t.match(await cli(t, folder, ['config', 'check', '--quiet']), { code: 0, out: '' })
})

t.test('ps and services without a daemon exit 6 and say how to start one', async t => {
  const folder = privateFolder(t)
  for (const command of ['ps', 'services']) {
    const { code, out, err } = await cli(t, folder, [command, '--json'])
    t.equal(code, 6)
    t.equal(out, '')
    t.match(err, /no daemon answers.*espalier run/)
  }
})

t.test('each object of --json has its version, and nothing in it moves a cursor', async t => {
  const folder = privateFolder(t)
  const run = startCli(t, folder, ['run', '--', 'sh', '-c', 'echo ready; exec sleep 60', '\u009b2J', '\u202e'])
  await run.says(/ready/)
  for (const command of ['tree', 'status', 'ps', 'services', 'why sh', 'doctor', 'limits get', 'events']) {
    const { code, out, err } = await cli(t, folder, [...command.split(' '), '--json'])
    t.match({ code, err }, { code: 0, err: '' }, command)
    t.notMatch(out, /[\u009b\u202e]/, command)
    for (const line of out.trimEnd().split('\n')) t.match(JSON.parse(line), { v: 1 }, command)
  }
  run.child.kill('SIGTERM')
  await run.ended
})

/** Arguments of every command that only reads. */
const READING: Readonly<Record<string, readonly string[]>> = {
  tree: [],
  ps: [],
  services: [],
  logs: [],
  events: [],
  history: [],
  why: ['agent'],
  'limits get': [],
  status: [],
  doctor: [],
}

t.test('every command that only reads has the same options', async t => {
  const entries = commandEntries(createProgram(() => undefined))
  for (const command of Object.keys(READING)) {
    const options = entries.find(({ path }) => path.join(' ') === command)?.options.flatMap(({ names }) => names)
    for (const name of ['--json', '--quiet', '--no-color', '--socket', '--runtime-dir', '--timeout']) {
      t.ok(options?.includes(name), `${command} ${name}`)
    }
  }
})

t.test('in each of their forms, of a daemon named by its socket, no secret stands and no style', async t => {
  const [folder, elsewhere] = [privateFolder(t), privateFolder(t)]
  const secrets = ['--token', 'hidden-1', '--api-key=hidden-2', 'DB_PASSWORD=hidden-3', 'http://me:hidden-4@host/']
  writeFileSync(
    join(folder, 'espalier.yaml'),
    `services: { agent: { command: [sh, -c, '"$0" "$1" spawn --name short -- true --token hidden-5; "$0" "$1" spawn --name long -- env API_KEY=hidden-6 sleep 60; echo login token=hidden-8; echo ready; exec sleep 60', '${process.execPath}', '${CLI_FILE}', ${secrets.map(text => `'${text}'`).join(', ')}], env: { API_TOKEN: hidden-7 } } }\n`,
  )
  const run = startCli(t, folder, ['run', '-c', 'espalier.yaml'])
  await run.says(/ready/)
  for (const [command, args] of Object.entries(READING)) {
    for (const form of [['--no-color'], ['--json'], ['--quiet']]) {
      // In portable mode no logs are written, but by a keeper.
      if (command === 'logs' && process.env.ESPALIER_LAUNCHER === 'portable') continue
      const asked = [...command.split(' '), ...args, ...form, '--timeout', '20s']
      const state = ['--socket', join(folder, 'control.sock')]
      const env = { ESPALIER_STATE_DIR: join(folder, '.local', 'state', 'espalier') }
      const { code, out, err } = await cli(t, elsewhere, [...asked, ...state], env)
      t.match({ code, err }, { code: 0, err: '' }, asked.join(' '))
      t.notMatch(out, /hidden-|\u001b/, asked.join(' '))
      if (form[0] !== '--quiet') t.match(out, /agent|pidfd/, asked.join(' '))
    }
  }
  const bare = async (...asked: readonly string[]) => (await cli(t, folder, [...asked, '-q'])).out
  t.match(await bare('tree'), /^(\d+\n){2,}$/)
  t.match(await bare('history'), /^\d+\n$/)
  t.equal(await bare('status'), '')
  t.equal(await bare('doctor'), '')
  t.match(await bare('limits', 'get'), /^agent children=100$/m)
  t.match(await bare('why', 'agent'), /^agent \(pid \d+\) of service agent lives\n$/)
  run.child.kill('SIGTERM')
  await run.ended
})

t.test('a socket and a directory are not given both, and a path too long for a socket is refused', async t => {
  const folder = privateFolder(t)
  const both = await cli(t, folder, ['ps', '--socket', 'x', '--runtime-dir', 'y'])
  t.equal(both.code, 2)
  t.match(both.err, /--socket.*cannot be used with.*--runtime-dir/)
  const long = await cli(t, folder, ['ps', '--socket', 'x'.repeat(200)])
  t.equal(long.code, 2)
  t.match(long.err, /a unix socket's may have 107/)
})

t.test('the version is that of the package', async t => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  const folder = privateFolder(t)
  for (const option of ['--version', '-V']) {
    t.match(await cli(t, folder, [option]), { code: 0, out: `${version}\n`, err: '' })
  }
})
