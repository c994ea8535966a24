/** What is promised is in git, as it is; and every way of resolving the package finds types that say what is there. */

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PROJECT_ROOT } from '../support/root.js'

const manifest = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'))
const entries = Object.entries(manifest.exports).filter(
  (entry): entry is [string, Record<string, string>] => typeof entry[1] === 'object',
)

t.test('the report of the API is fresh', async t => {
  const script = join(PROJECT_ROOT, 'scripts', 'api-report.mjs')
  const now = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8', env: { PATH: process.env.PATH } })
  const kept = readFileSync(join(PROJECT_ROOT, 'test', 'api', 'public.api.md'), 'utf8')
  t.ok(kept === now, 'npm run api-report writes it anew; its diff is what changes for others')
  t.notMatch(now, /(?:[:<|&,(=]|\bas|\bextends)\s*any\b/, 'nothing is any')
})

t.test('each entry has its types first, as a module whose exports are those of its code', async t => {
  t.equal(manifest.type, 'module', 'a .js and its .d.ts are both read as modules')
  for (const [name, target] of entries) {
    t.same(Object.keys(target), ['types', 'default'], `${name}: the first condition that holds wins`)
    t.equal(target.types, target.default.replace(/\.js$/, '.d.ts'), `${name}: types stand beside their code`)
    for (const file of Object.values(target)) t.ok(existsSync(join(PROJECT_ROOT, file)), `${name}: ${file}`)
    const declared = readFileSync(join(PROJECT_ROOT, target.types), 'utf8')
    const named = Object.keys(await import(join(PROJECT_ROOT, target.default)))
    t.notOk(named.includes('default'), `${name}: no default export`)
    for (const value of named) t.match(declared, new RegExp(`\\b${value}\\b`), `${name}: ${value} is declared`)
    t.notMatch(declared, /export =|export default/, `${name}: no CommonJS form`)
    for (const [, specifier] of declared.matchAll(/from '(\.[^']+)'/g)) {
      t.match(specifier, /\.js$/, `${name}: ${specifier} resolves under node16 too`)
    }
  }
})
