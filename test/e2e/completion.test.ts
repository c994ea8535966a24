/** What is made from the table of commands: the completion, in a real bash, and the man page. */

import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { commandEntries } from '../../src/cli/commands.js'
import { createProgram } from '../../src/cli/program.js'
import { CLI_FILE, cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { PROJECT_ROOT } from '../support/root.js'

const NO_BASH = spawnSync('bash', ['--version']).status === 0 ? false : 'there is no bash to complete for'
const entries = commandEntries(createProgram(() => undefined))

/** A folder with our `espalier` and its completion; answers what bash offers for the last word of a line. */
async function shell(t: Test) {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'espalier'), `#!/bin/sh\nexec "${process.execPath}" "${CLI_FILE}" "$@"\n`)
  chmodSync(join(folder, 'espalier'), 0o755)
  const { code, out, err } = await cli(t, folder, ['completion', 'bash'])
  t.match({ code, err }, { code: 0, err: '' })
  writeFileSync(join(folder, 'completion'), out)
  const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, ESPALIER_RUNTIME_DIR: folder }
  const offers = async (...words: readonly string[]) => {
    const list = words.map(word => `'${word}'`).join(' ')
    const script = `. ./completion; COMP_WORDS=(espalier ${list}); COMP_CWORD=${words.length}; _espalier; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-euc', script], { cwd: folder, env })
    return stdout.trim().split('\n')
  }
  return { folder, offers }
}

t.test('bash is offered commands, options, choices and names of services', { skip: NO_BASH }, async t => {
  const { folder, offers } = await shell(t)
  t.same(await offers('st'), ['stop', 'status', 'start'])
  t.same(await offers('config', 'ch'), ['check'])
  t.same(await offers('config', 'p'), ['print'])
  t.same(await offers('config', 'check', '--q'), ['--quiet'])
  t.same(await offers('top', '--sort', 'm'), ['memory'])
  t.same(await offers('completion', ''), ['bash', '-h', '--help'])
  t.same(await offers('run', '-c', ''), [''], 'files are the shell’s own')
  t.same(await offers('run', '--', 'st'), [''], 'and so is what stands behind --')
  writeFileSync(join(folder, 'espalier.yaml'), 'services: { web: { command: sleep 300 } }\n')
  await startCli(t, folder, ['run', '--show-tree']).says(/\+ web/)
  t.same(await offers('stop', 'w'), ['web'])
})

t.test('every command and option is offered', { skip: NO_BASH }, async t => {
  const { offers } = await shell(t)
  for (const { path, options, commands } of entries) {
    const offered = await offers(...path, '')
    const missing = [...commands, ...options.flatMap(({ names }) => names)].filter(word => !offered.includes(word))
    t.same(missing, [], path.join(' '))
  }
})

t.test('the man page has every command and option, and nothing that troff stumbles over', async t => {
  const file = join(CLI_FILE, '../../../man/espalier.1')
  const page = readFileSync(file, 'utf8').replaceAll('\\-', '-')
  for (const { path, options, commands } of entries) {
    if (commands.length > 0) continue
    t.ok(page.includes(`.SS "espalier ${path.join(' ')}`), path.join(' '))
    for (const { names } of options) for (const name of names) t.ok(page.includes(`\\fB${name}\\fR`), name)
  }
  const { man } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'))
  t.equal(man, './dist/man/espalier.1')
  const reader = spawnSync('man', ['--warnings', '-l', file], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, MANPAGER: 'cat' },
  })
  if (reader.status === 0) t.equal(reader.stderr, '')
})
