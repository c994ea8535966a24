/** What a command loads before it does anything: `ps` is called by hand and by scripts, and answers at once. */

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { CLI_FILE, cli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'

/** The built project. */
const BUILT = join(CLI_FILE, '../../..')

/** Modules that reading needs no more than: each costs about a millisecond of a command that takes a hundred. */
const MODULES_MAX = 65

t.test('reading commands load neither zod nor yaml, no daemon, no threads, and few modules', async t => {
  for (const args of [['ps'], ['services', '--json'], ['tree'], ['why', 'web'], ['history'], ['--help']]) {
    const loaded = await modulesOf(t, args)
    t.ok(loaded.includes('src/cli/main.js'), 'they were seen')
    t.ok(loaded.length <= MODULES_MAX, `${args.join(' ')} loads ${loaded.length}`)
    const heavy = loaded.filter(
      path => !/^(protocol|src\/(cli|client|control|terminal|top|config\/types\.js))|\/commander\//.test(path),
    )
    t.same(heavy, [], args.join(' '))
  }
})

/** Files that a command ran, as V8 reports them. */
async function modulesOf(t: Test, args: readonly string[]): Promise<readonly string[]> {
  const folder = privateFolder(t)
  const reports = join(folder, 'coverage')
  await cli(t, folder, args, { NODE_V8_COVERAGE: reports })
  const urls = readdirSync(reports).flatMap(name => {
    const { result } = JSON.parse(readFileSync(join(reports, name), 'utf8'))
    return (result as readonly { readonly url: string }[]).map(({ url }) => url)
  })
  return urls.filter(url => url.startsWith('file:')).map(url => relative(BUILT, fileURLToPath(url)))
}
