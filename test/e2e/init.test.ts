/** A first config: by flags, by defaults, by questions in a real terminal. */

import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { NO_TERMINAL, startTerminal } from '../support/terminal.js'

t.test('answers that are given are written down with comments, and the config is fine', async t => {
  const folder = privateFolder(t)
  const command = `node -e 'console.log("a: b # c")'`
  const flags = ['--name', '1.0', '--command', command, '--children', '3']
  t.match(await cli(t, folder, ['init', ...flags]), {
    code: 0,
    out: 'wrote espalier.yaml; start it with: espalier run\n',
    err: '',
  })
  t.match(await cli(t, folder, ['config', 'check']), { code: 0, out: 'fine: 1.0\n', err: '' })
  const text = readFileSync(join(folder, 'espalier.yaml'), 'utf8')
  t.match(text, /^ {8}# Direct children that any one process may have\.\n {8}children: 3$/m)
})

t.test('with --yes the rest has its default, and the config runs', async t => {
  const folder = privateFolder(t)
  t.match(await cli(t, folder, ['init', '--yes', '--command', 'echo hello', 'my.yaml']), {
    code: 0,
    out: /espalier run -c my\.yaml$/m,
  })
  t.match(await cli(t, folder, ['run', '-c', 'my.yaml']), { code: 0, out: /hello/ })
  t.match(await cli(t, folder, ['init', '--yes']), { code: 0, err: '' })
  t.match(await cli(t, folder, ['config', 'check']), { code: 0, out: 'fine: app\n' })
})

t.test('a file that is there is written over with --force only', async t => {
  const folder = privateFolder(t)
  const file = join(folder, 'espalier.yaml')
  writeFileSync(file, 'mine\n')
  const refused = await cli(t, folder, ['init', '--yes'])
  t.match(refused, { code: 1, out: '', err: /espalier\.yaml.* is there already: --force writes over it/ })
  t.equal(readFileSync(file, 'utf8'), 'mine\n')
  t.match(await cli(t, folder, ['init', '--yes', '--force']), { code: 0, err: '' })
  t.match(readFileSync(file, 'utf8'), /^services:$/m)
  // A link to nothing is there too, though nothing is found behind it.
  symlinkSync('nowhere', join(folder, 'link.yaml'))
  t.match(await cli(t, folder, ['init', '--yes', 'link.yaml']), { code: 1, err: /is there already/ })
  t.notOk(existsSync(join(folder, 'nowhere')))
})

t.test('without a terminal the flags that are missing are named', async t => {
  const folder = privateFolder(t)
  const none = await cli(t, folder, ['init'])
  t.match(none, { code: 2, out: '', err: /no terminal to ask on: give --name, --command, --children, or --yes/ })
  t.match(await cli(t, folder, ['init', '--name', 'web', '--children', '1']), {
    code: 2,
    err: /give --command, or --yes/,
  })
  t.notOk(existsSync(join(folder, 'espalier.yaml')))
})

t.test('an answer that no config takes is a usage error at its flag', async t => {
  const folder = privateFolder(t)
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['--name', 'a b', /--name: "a b" cannot name a service; give 1 to 64/],
    ['--command', 'a | b', /--command: no shell runs the command/],
    ['--command', '', /--command: /],
    ['--children', 'many', /--children: .*"many".*whole number/],
    ['--children', '4000001', /--children: .*4000001/],
  ]
  for (const [flag, value, says] of wrong)
    t.match(await cli(t, folder, ['init', '--yes', flag, value]), { code: 2, out: '', err: says }, `${flag} ${value}`)
  t.notOk(existsSync(join(folder, 'espalier.yaml')))
})

t.test(
  'on a terminal three questions are asked, again where an answer cannot be used',
  { skip: NO_TERMINAL },
  async t => {
    const folder = privateFolder(t)
    const { enter, shows } = await startTerminal(t, folder)
    await enter('espalier init; echo "code $?"')
    await shows(/Name of the service \(app\):\s*$/)
    await enter('a b')
    await shows(/"a b" cannot name a service[\s\S]*Name of the service \(app\):\s*$/)
    await enter('web')
    await shows(/Its command \(sh -c/)
    await enter('node server.js')
    await shows(/How many children a process may have \(10\):/)
    await enter('')
    await shows(/wrote espalier\.yaml; start it with: espalier run\s+code 0/)
    t.match(await cli(t, folder, ['config', 'check']), { code: 0, out: 'fine: web\n' })
    t.match(readFileSync(join(folder, 'espalier.yaml'), 'utf8'), /command: node server\.js\n[\s\S]*children: 10\n/)
  },
)

t.test('what a flag says is not asked; Ctrl-D and Ctrl-C leave without a file', { skip: NO_TERMINAL }, async t => {
  const folder = privateFolder(t)
  const { enter, press, shows } = await startTerminal(t, folder)
  for (const [key, name] of [
    ['C-d', 'first'],
    ['C-c', 'second'],
  ]) {
    await enter(`clear; espalier init --name ${name}; echo "${name} code $?"`)
    await shows(/^Its command/m)
    await press(key)
    await shows(new RegExp(`called off, .*espalier\\.yaml.* was not written\\s+${name} code 1`))
  }
  t.notOk(existsSync(join(folder, 'espalier.yaml')))
})

t.test('a file that cannot be written says why, and the way out', async t => {
  const folder = privateFolder(t)
  const nowhere = await cli(t, folder, ['init', 'no/such/folder.yaml', '--yes'])
  t.match(nowhere, { code: 1, err: /"no\/such\/folder\.yaml" was not written: its folder is not there: make it first/ })
  const itself = await cli(t, folder, ['init', '.', '--yes', '--force'])
  t.match(itself, { code: 1, err: /"\." was not written: it is a folder: name a file in it/ })
})
