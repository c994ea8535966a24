/** The rules of the house hold for every file, and each rule finds what breaks it. */

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { PROJECT_ROOT } from './support/root.js'
import * as rules from './tidy/rules.js'
import { listFiles, readSource, type Source, sourceOf } from './tidy/sources.js'

const FOLDERS = ['protocol', 'actors', 'src', 'test', 'bench'] as const

/** Text that goes out with the project. The rules themselves name what they forbid. */
const TEXTS = [
  '.ts',
  '.mjs',
  '.js',
  '.c',
  '.h',
  '.md',
  '.json',
  '.yaml',
  '.yml',
  '.sh',
  'run',
  'Makefile',
  '.npmrc',
  '.taprc',
]
const NAMES_PATHS = /^test\/tidy(\.test\.ts|\/)/

const paths = FOLDERS.flatMap(folder => listFiles(join(PROJECT_ROOT, folder), ['.ts']).map(path => `${folder}/${path}`))
const sources: readonly Source[] = paths
  .filter(path => !path.endsWith('.d.ts'))
  .map(path => readSource(PROJECT_ROOT, path))
const below = (folder: string) => sources.filter(({ path }) => path.startsWith(`${folder}/`))

t.test('there are files to judge', async t => {
  for (const folder of ['protocol', 'actors', 'src', 'test']) t.ok(below(folder).length > 3, folder)
  t.comment(`${sources.length} files`)
})

t.test('imports point one way', async t => {
  t.same(rules.layers(sources), [])
  t.same(rules.brokenImports(sources), [])
})

t.test('no file imports itself by a detour', async t => {
  t.same(rules.cycles([...below('protocol'), ...below('src')]), [])
})

t.test('what decides has no clock, no timer, no chance and no world', async t => {
  t.same(rules.forbiddenGlobals(sources), [])
})

t.test('files are short', async t => {
  const native = listFiles(PROJECT_ROOT, ['.c', '.h']).map(path => readSource(PROJECT_ROOT, path))
  t.same(rules.lengths([...sources, ...native]), [])
})

t.test('every file is an entry point or imported', async t => {
  const entries = entryPoints()
  t.ok(entries.includes('src/index.ts'))
  t.same(rules.unreached(sources, entries), [])
})

t.test('nothing is any, nothing is exported as default, no test is switched off', async t => {
  t.same(rules.anyTypes(sources), [])
  t.same(rules.defaultExports(sources), [])
  t.same(rules.switchedOff(sources), [])
})

t.test('no file names a path of one machine, no lock file an address', async t => {
  const files = listFiles(PROJECT_ROOT, TEXTS)
    .filter(path => !NAMES_PATHS.test(path))
    .map(path => ({ path, text: readFileSync(join(PROJECT_ROOT, path), 'utf8') }))
  t.ok(files.length > 20)
  t.same(rules.machinePaths(files, [PROJECT_ROOT, homedir()]), [])
  for (const lock of ['package-lock.json', 'bench/package-lock.json']) {
    t.notMatch(readFileSync(join(PROJECT_ROOT, lock), 'utf8'), /"resolved": "http/, lock)
  }
})

t.test('each rule finds what breaks it', async t => {
  const bad = (path: string, text: string) => [sourceOf(path, text)]
  for (const [path, text] of [
    ['protocol/a.ts', "import { x } from '../actors/b.js'"],
    ['protocol/a.ts', "import { x } from 'node:fs'"],
    ['actors/tree/a.ts', "export * from '../router/b.js'"],
    ['actors/tree/a.ts', "import 'zod'"],
    ['actors/tree/a.ts', "const x = await import('../../src/b.js')"],
    ['actors/a.ts', "import { x } from './tree/b.js'"],
    ['src/os/a.ts', "import { x } from '../cli/b.js'"],
    ['src/threads/a.ts', "new Worker(new URL('../daemon/b.js', import.meta.url))"],
    ['src/a.ts', "import { x } from '../test/b.js'"],
  ])
    t.equal(rules.layers(bad(path, text)).length, 1, text)
  t.same(rules.layers(bad('actors/tree/a.ts', "import { match } from 'ts-pattern'\nimport './b.js'")), [])
  for (const text of ['Date.now()', 'x(performance.now)', 'Math.random()', '`$' + '{process.pid}`', 'setTimeout(f, 1)'])
    t.equal(rules.forbiddenGlobals(bad('actors/a.ts', text)).length, 1, text)
  t.same(rules.forbiddenGlobals(bad('actors/a.ts', "// Date\nconst a = 'Date'\nb.process()\nc.Date")), [])
  t.equal(rules.lengths(bad('src/a.ts', 'x\n'.repeat(301))).length, 1)
  t.same(rules.lengths(bad('src/a.ts', 'x\n'.repeat(300))), [])
  const ring = [sourceOf('src/a.ts', "import './b.js'"), sourceOf('src/b.ts', "import { x } from './a.js'")]
  t.same(rules.cycles(ring), ['src/a.ts -> src/b.ts -> src/a.ts'])
  t.same(rules.cycles([ring[0], sourceOf('src/b.ts', "import type { x } from './a.js'")]), [])
  t.same(rules.unreached([...ring, ...bad('src/c.ts', '')], ['src/a.ts']), ['nobody imports src/c.ts'])
  t.equal(rules.brokenImports(bad('src/a.ts', "import './nowhere.js'")).length, 1)
  for (const text of ['let a: any', 'x as any', 'Map<string, any>', 'f(a: any[])'])
    t.equal(rules.anyTypes(bad('src/a.ts', text)).length, 1, text)
  t.same(rules.anyTypes(bad('src/a.ts', 'Promise.any(x) // any\nconst b = { any: 1 }')), [])
  t.equal(rules.defaultExports(bad('src/a.ts', 'export default 1')).length, 1)
  t.equal(rules.switchedOff(bad('test/a.test.ts', "t.skip('x')")).length, 1)
  t.equal(rules.machinePaths([{ path: 'a', text: `cd ${homedir()}/x` }], [homedir()]).length, 1)
})

/** Tests, and what package.json starts, exports or builds a script from. */
function entryPoints(): string[] {
  const manifest = readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')
  const named = [...manifest.matchAll(/\bdist\/([\w./-]+?)\.(?:d\.ts|js)\b/g)].map(match => `${match[1]}.ts`)
  return [...new Set([...named, ...paths.filter(path => path.endsWith('.test.ts'))])]
}
