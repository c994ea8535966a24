/** What the documents list is what there is. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { LIMIT_KEYS, type LimitKey, type Limits } from '../protocol/limits.js'
import { commandEntries } from '../src/cli/commands.js'
import { createProgram } from '../src/cli/program.js'
import { parseConfig } from '../src/config/parse.js'
import { blocksOf, problemOf, shownCommands } from './support/doc-commands.js'
import { PROJECT_ROOT } from './support/root.js'
import { PAGES } from './support/shown-pages.js'

/** How the lines of shell blocks begin that no page plays, and who does. */
const NOT_PLAYED: Readonly<Record<string, string>> = {
  'npm ci && npm start': 'CI begins with the first; e2e/example.test.ts runs what the second runs once it has built',
  'npm ci && npm test': 'CI is this',
  'npx espalier run --children 2 -- sh -c': 'e2e/readme.test.ts plays it and compares what it says',
  'npx espalier why 0-1': 'the same',
}

t.test('docs/LIMITS.md has every limit, as it is', async t => {
  const said = readFileSync(join(PROJECT_ROOT, 'docs', 'LIMITS.md'), 'utf8')
  for (const [name, key] of Object.entries(LIMIT_KEYS)) t.ok(said.includes(line(name, key)), line(name, key))
  const rows = said.split('\n').filter(text => text.startsWith('| `'))
  t.equal(rows.length, Object.keys(LIMIT_KEYS).length, 'and no other')
})

t.test('every script and file that a document has run exists', async t => {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'))
  for (const { name, text } of documents()) {
    const missing = text
      .split('\n')
      .flatMap((content, index) => [
        ...[...content.matchAll(/\bnpm run ([\w-]+)/g)]
          .filter(([, script]) => !(script! in scripts))
          .map(([said]) => `${name}:${index + 1}: ${said}: package.json has no such script`),
        ...[...content.matchAll(/\bnode ((?:scripts|examples|dist)\/[\w./-]+)/g)]
          .filter(([, file]) => !existsSync(join(PROJECT_ROOT, file!)))
          .map(([said]) => `${name}:${index + 1}: ${said}: there is no such file`),
      ])
    t.same(missing, [], name)
  }
})

t.test('every command of espalier that a document shows is one, with its options', async t => {
  for (const { name, text } of documents()) {
    const wrong = []
    for (const shown of shownCommands(text)) {
      const problem = await problemOf(shown)
      if (problem !== null) wrong.push(`${name}:${shown.line}: espalier ${shown.command}: ${problem}`)
    }
    t.same(wrong, [], name)
  }
})

t.test('what a document shows in a block of a shell is played, or there is a reason why not', async t => {
  const reasons = Object.keys(NOT_PLAYED)
  const lines: string[] = []
  for (const { name, text } of documents()) {
    for (const { language, block } of blocksOf(text)) {
      t.not(language, '', `${name}: a block says what it is: ${block}`)
      if (language === 'sh' && !(name in PAGES)) lines.push(...block.trim().split('\n'))
    }
  }
  const open = lines.filter(line => !reasons.some(start => line.startsWith(start)))
  t.same(open, [])
  const stale = reasons.filter(start => !lines.some(line => line.startsWith(start)))
  t.same(stale, [], 'a reason is for what is shown')
})

t.test('docs/OPERATIONS.md shows every command', async t => {
  const shown = shownCommands(readFileSync(join(PROJECT_ROOT, 'docs', 'OPERATIONS.md'), 'utf8'))
  const commands = commandEntries(createProgram(() => undefined)).filter(({ commands }) => commands.length === 0)
  for (const { path } of commands) {
    const name = path.join(' ')
    t.ok(
      shown.some(({ whole, command }) => whole && `${command} `.startsWith(`${name} `)),
      `espalier ${name}`,
    )
  }
})

t.test('a shown command that is none is found, with its line', async t => {
  const text = [
    'Say `espalier config` or `espalier why`.',
    '```',
    'espalier | output of a run',
    'espalier ps    a line each; --json, --colour',
    'npx espalier run --childern 2 -- true && espalier down --all',
    "sh -c 'do espalier spawn -- true; done'",
    'espalier run --memory much',
    'espalier stopp NAME',
    '```',
  ].join('\n')
  const found = []
  for (const shown of shownCommands(text)) found.push(`${shown.line} ${shown.command}: ${await problemOf(shown)}`)
  t.match(found, [
    '1 config: null',
    '1 why: null',
    '4 ps: ps has no option --colour',
    /^5 run --childern 2 -- true: error: unknown option '--childern'/,
    '5 down --all: null',
    /^6 spawn -- true: error: required option '--name/,
    /^7 run --memory much: --memory: "much"/,
    /^8 stopp NAME: error: unknown command 'stopp'/,
  ])
})

t.test('every config that a document shows can be used', async t => {
  for (const { name, text } of documents()) {
    for (const { index, 1: config } of text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)) {
      // Lines before it, so that a problem has the document's line.
      const placed = `${'\n'.repeat(text.slice(0, index).split('\n').length)}${config}`
      t.doesNotThrow(() => parseConfig(placed, join(PROJECT_ROOT, name)), name)
    }
  }
})

t.test('every link within the documents leads to a file and a heading', async t => {
  for (const { name, text } of documents()) {
    const broken = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].filter(
      ([, path = '', heading]) => {
        const file = join(PROJECT_ROOT, path === '' ? name : join(dirname(name), path))
        if (!existsSync(file)) return true
        return heading !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(heading)
      },
    )
    t.same(
      broken.map(([link]) => link),
      [],
      name,
    )
  }
})

/** All that a reader may be shown; the changelog tells of what was. */
function documents(): readonly { readonly name: string; readonly text: string }[] {
  const below = readdirSync(join(PROJECT_ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  const names = [
    'README.md',
    'CONTRIBUTING.md',
    ...below.filter(name => name.endsWith('.md')).map(name => `docs/${name}`),
  ]
  return names.map(name => ({ name, text: readFileSync(join(PROJECT_ROOT, name), 'utf8') }))
}

/** Names of the headings as links have them: small letters, digits and `_`, a hyphen for each blank. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}

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
