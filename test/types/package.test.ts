/** What others install: every way in has types that are those of the module behind it, as their compilers resolve it. */

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Analysis, checkPackage, createPackageFromTarballData, Package } from '@arethetypeswrong/core'
import t from 'tap'
import { privateFolder } from '../support/folder.js'
import { PROJECT_ROOT } from '../support/root.js'

/** This package is ESM only: how it is found by compilers that know no `exports`, and from CommonJS, is not promised. */
const PROMISED = ['node16-esm', 'bundler'] as const
const NOT_PROMISED: ReadonlySet<string> = new Set(['node10', 'node16-cjs'])

/** The package as `npm pack` makes it, from what is built, without a network. */
function packed(t: Parameters<typeof privateFolder>[0]): Package {
  const folder = privateFolder(t)
  const where = ['--cache', join(folder, 'cache'), '--pack-destination', folder]
  execFileSync('npm', ['pack', '--offline', '--ignore-scripts', '--silent', ...where], { cwd: PROJECT_ROOT })
  const [tarball = ''] = readdirSync(folder).filter(name => name.endsWith('.tgz'))
  return createPackageFromTarballData(readFileSync(join(folder, tarball)))
}

async function analysisOf(found: Package): Promise<Analysis> {
  const analysis = await checkPackage(found)
  if (analysis.types === false) throw new Error('the package has no types')
  return analysis
}

/** What is wrong, of all that is promised: an entry, a way to resolve it, and the problem's name. */
function problemsOf({ problems }: Analysis): readonly string[] {
  return problems
    .filter(problem => !('resolutionKind' in problem && NOT_PROMISED.has(problem.resolutionKind)))
    .map(({ kind, ...where }) => `${kind} ${JSON.stringify(where)}`)
}

t.test('every export has types that are right, for Node and for bundlers', async t => {
  const analysis = await analysisOf(packed(t))
  t.same(problemsOf(analysis), [])
  const { exports } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'))
  t.same(Object.keys(analysis.entrypoints).toSorted(), Object.keys(exports).toSorted())
  for (const [entry, { resolutions }] of Object.entries(analysis.entrypoints)) {
    if (entry === './package.json') continue
    for (const kind of PROMISED) t.match(resolutions[kind].resolution, { isTypeScript: true }, `${entry} ${kind}`)
  }
})

t.test('types of another kind of module than the code are found', async t => {
  const manifest = {
    name: 'wrong',
    version: '1.0.0',
    type: 'module',
    exports: { types: './a.d.cts', default: './a.js' },
  }
  const files = {
    '/node_modules/wrong/package.json': JSON.stringify(manifest),
    '/node_modules/wrong/a.d.cts': 'export declare const a: number',
    '/node_modules/wrong/a.js': 'export const a = 1',
  }
  t.match(problemsOf(await analysisOf(new Package(files, 'wrong', '1.0.0'))).join(), /FalseCJS/)
})
