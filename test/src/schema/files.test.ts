/** The schemas in `schema/` are those of this version. */

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { commandEntries } from '../../../src/cli/commands.js'
import { JSON_VERSION } from '../../../src/cli/json.js'
import { createProgram } from '../../../src/cli/program.js'
import { outputSchemas } from '../../../src/schema/outputs.js'
import { PROJECT_ROOT } from '../../support/root.js'

const FOLDER = join(PROJECT_ROOT, 'schema')

t.test('the files are fresh, and there is no other', async t => {
  const script = join(PROJECT_ROOT, 'scripts', 'schema.mjs')
  const said = execFileSync(process.execPath, [script, '--print'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  })
  const now = Object.entries(JSON.parse(said) as Readonly<Record<string, string>>)
  for (const [name, text] of now) {
    t.ok(readFileSync(join(FOLDER, name), 'utf8') === text, `npm run schema writes ${name} anew`)
  }
  const there = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(name =>
    statSync(join(FOLDER, name)).isFile(),
  )
  t.same(there.toSorted(), now.map(([name]) => name).toSorted())
})

t.test('each command with --json has its schema, and no other has', async t => {
  const entries = commandEntries(createProgram(() => undefined))
  const named = entries.filter(({ options }) => options.some(({ names }) => names.includes('--json')))
  t.same(named.map(({ path }) => path.join(' ')).toSorted(), Object.keys(outputSchemas(JSON_VERSION)).toSorted())
})
