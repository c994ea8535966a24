/** What reads without changing anything: a config, and what runs. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cli, startCli } from '../support/cli.js'
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

t.test('the version is that of the package', async t => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  const folder = privateFolder(t)
  for (const option of ['--version', '-V']) {
    t.match(await cli(t, folder, [option]), { code: 0, out: `${version}\n`, err: '' })
  }
})
