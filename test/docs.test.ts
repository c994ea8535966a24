/** What the documents list is what there is. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { LIMIT_KEYS, type LimitKey, type Limits } from '../protocol/limits.js'
import { PROJECT_ROOT } from './support/root.js'

t.test('docs/LIMITS.md has every limit, as it is', async t => {
  const said = readFileSync(join(PROJECT_ROOT, 'docs', 'LIMITS.md'), 'utf8')
  for (const [name, key] of Object.entries(LIMIT_KEYS)) t.ok(said.includes(line(name, key)), line(name, key))
  const rows = said.split('\n').filter(text => text.startsWith('| `'))
  t.equal(rows.length, Object.keys(LIMIT_KEYS).length, 'and no other')
})

t.test('every script that a document names exists', async t => {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'))
  for (const name of ['README.md', 'CONTRIBUTING.md', 'docs/ARCHITECTURE.md']) {
    const text = readFileSync(join(PROJECT_ROOT, name), 'utf8')
    for (const [, script] of text.matchAll(/npm run ([\w-]+)/g)) t.ok(script in scripts, `${name}: npm run ${script}`)
  }
})

function line(name: string, key: LimitKey): string {
  return `| \`${key.yaml}\` | \`${name}\` | ${accepted(key)} | ${preset(key)} | ${key.says} |`
}

function accepted(key: LimitKey): string {
  if (key.unit === 'choice') return key.choices.map(choice => `\`${choice}\``).join(' ')
  if (key.unit === 'flag') return '`true` `false`'
  const range = key.unit === 'rate' ? "`'10/1s'`, `{ limit, windowMs }`" : `${key.unit}, ${key.min} to ${key.max}`
  return key.liftable ? `${range}, \`none\`` : range
}

function preset({ default: given }: LimitKey): string {
  if (typeof given === 'function') return `${given({ descendants: 500 } as Limits)} at 500 descendants`
  if (given === null) return 'none'
  return typeof given === 'object' ? `\`${rate(given as { limit: number; windowMs: number })}\`` : `\`${given}\``
}

function rate({ limit, windowMs }: { readonly limit: number; readonly windowMs: number }): string {
  return `${limit}/${windowMs / 1000}s`
}
