/** What the README shows first is what happens. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { splitWords } from '../../src/config/words.js'
import { CLI_FILE, cli, startCli } from '../support/cli.js'
import { blocksOf } from '../support/doc-commands.js'
import { privateFolder } from '../support/folder.js'
import { eventually } from '../support/processes.js'
import { PROJECT_ROOT } from '../support/root.js'

t.test('the README’s refusal and its why are what its commands print', async t => {
  const readme = readFileSync(join(PROJECT_ROOT, 'README.md'), 'utf8')
  const section = /## A refusal, and why\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? ''
  const [command = '', said = '', ask = '', explained = ''] = blocksOf(section).map(({ block }) => block)
  const folder = privateFolder(t)

  const run = startCli(t, folder, argumentsOf(command))
  await eventually('the refusal', () => /espalier why \S+\n/.test(run.err()))
  t.same(linesOfShell(run.err()), linesOfShell(said))

  const why = await cli(t, folder, argumentsOf(ask))
  t.match(why, { code: 0, err: '' })
  t.equal(timeless(why.out), timeless(explained))

  const [tree = '', set = ''] =
    /^`(npx espalier tree)`.*?`(npx espalier limits set [^`]+)`/m.exec(section)?.slice(1) ?? []
  t.match(await cli(t, folder, argumentsOf(tree)), { code: 0, out: /worker-2/ })
  t.match(await cli(t, folder, argumentsOf(set)), { code: 0, out: /children/ })
  run.child.kill('SIGINT')
  t.match(await run.ended, { out: /survivors +0\n$/ })
})

/** Words behind `npx espalier`; the ones within run the built program too. */
function argumentsOf(line: string): readonly string[] {
  const words = splitWords(line.trim())
  if (!words.ok) throw new Error(line)
  const [npx, program, ...rest] = words.value.map(word => word.replaceAll('npx espalier', `node ${CLI_FILE}`))
  if (npx !== 'npx' || program !== 'espalier') throw new Error(`${line} is no command line of espalier`)
  return rest
}

/** What the shell says but the pids; the start of a daemon also says what this host lacks. */
function linesOfShell(text: string): readonly string[] {
  return text.split('\n').filter(line => /^sh \| (?!\d+$)/.test(line))
}

/** Without what is new in each run: pids and the time. */
function timeless(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replace(/pid \d+/g, 'pid N')
}
