/**
 * Runs the built tests: `node scripts/test.mjs [--coverage] [--dist DIR] [part of a file name ...]`.
 * Expects DIR (default `dist`) to be built. Its last line is always `N passed, N failed`; it fails on any failure,
 * on a file without a test, and when nothing ran.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runFiles } from './tap-files.mjs'
import { createPointCounter } from './tap-points.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Files that run at a time. */
const JOBS = 2
/** One file, in ms. */
const FILE_DEADLINE_MS = 240_000
/** Percent of the lines of protocol, actors and src. */
const LINES_MIN = 90
const COVERAGE_DIR = join(ROOT, 'coverage')
const TAP = join(ROOT, 'node_modules/tap/dist/esm/run.mjs')

process.chdir(ROOT)
const options = parseArguments(process.argv.slice(2))
const files = testFiles(options)
let totals = { passed: 0, failed: 0, skipped: 0 }
let ok = false
if (files.length === 0) console.error(`no test file in ${options.dist}/test matches; is it built?`)
else if (buildTap()) {
  if (options.coverage) rmSync(COVERAGE_DIR, { recursive: true, force: true })
  totals = await runAll(files, options.coverage)
  ok = totals.failed === 0 && totals.passed > 0
  if (options.coverage && !reportCoverage(options)) {
    totals.failed++
    ok = false
  }
}
if (totals.skipped > 0) console.log(`${totals.skipped} skipped`)
process.exitCode = ok ? 0 : 1
console.log(`${totals.passed} passed, ${totals.failed} failed`)

function parseArguments(args) {
  const parsed = { coverage: false, dist: 'dist', parts: [] }
  for (let at = 0; at < args.length; at++) {
    if (args[at] === '--coverage') parsed.coverage = true
    else if (args[at] === '--dist') parsed.dist = args[++at] ?? 'dist'
    else parsed.parts.push(args[at])
  }
  return parsed
}

/** Built tests whose source is still there: a stale file in dist is no test. */
function testFiles({ dist, parts }) {
  const folder = join(dist, 'test')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.test.js'))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .filter(file => existsSync(relative(dist, file).replace(/\.js$/, '.ts')))
    .map(file => file.split(sep).join('/'))
    .filter(file => parts.length === 0 || parts.some(part => file.includes(part)))
    .sort()
}

/**
 * tap's Test class is generated from the plugins of `.taprc`. As installed it holds the TypeScript plugin, which
 * cannot load TypeScript 7; `tap build` makes it anew, once an install.
 */
function buildTap() {
  const built = 'node_modules/@tapjs/test/test-built/dist/esm/index.js'
  const fresh = () =>
    existsSync(built) && !/^export const signature = `[^`]*@tapjs\/typescript/m.test(readFileSync(built, 'utf8'))
  if (fresh()) return true
  console.log('building tap for the plugins of .taprc (once an install)')
  const build = spawnSync(process.execPath, [TAP, 'build'], { stdio: ['ignore', 'inherit', 'inherit'] })
  if (build.status === 0 && fresh()) return true
  console.error('`tap build` did not make a test class without @tapjs/typescript')
  return false
}

async function runAll(list, coverage) {
  const env = { ...process.env, CI: process.env.CI ?? '', TAP_TIMEOUT: String(FILE_DEADLINE_MS / 1000) }
  if (coverage) env.NODE_V8_COVERAGE = join(COVERAGE_DIR, 'tmp')
  const counter = createPointCounter(printFile)
  await runFiles(list, { jobs: JOBS, timeoutMs: FILE_DEADLINE_MS, env, onLine: line => counter.line(line) })
  for (const line of counter.end()) console.log(line)
  return counter.totals()
}

function printFile(file) {
  const figures = [`${file.passed} passed`]
  if (file.failed > 0) figures.push(`${file.failed} failed`)
  if (file.skipped > 0) figures.push(`${file.skipped} skipped`)
  console.log(`${file.ok ? 'ok    ' : 'not ok'} ${file.name} (${figures.join(', ')}, ${file.seconds.toFixed(1)} s)`)
  for (const line of file.shown) console.log(line)
}

/** Prints the summary and writes `coverage/lcov.info`; false below the minimum. */
function reportCoverage({ dist }) {
  const only = ['protocol', 'actors', 'src'].map(folder => `--include=${dist}/${folder}/**`)
  const sources = ['protocol', 'actors', 'src'].map(folder => `--include=${folder}/**`)
  const typesOnly = emptyModules(dist).map(file => `--exclude=${file}`)
  const report = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/c8/bin/c8.js'),
      'report',
      '--all',
      // One at a time: every process of every test left a report, and all of them together take more than 4 GB.
      '--merge-async',
      '--exclude=**/*.d.ts',
      `--src=${dist}`,
      `--temp-directory=${join(COVERAGE_DIR, 'tmp')}`,
      `--reports-dir=${COVERAGE_DIR}`,
      '--reporter=text-summary',
      '--reporter=lcovonly',
      '--check-coverage',
      `--lines=${LINES_MIN}`,
      '--branches=0',
      '--functions=0',
      '--statements=0',
      ...only,
      ...sources,
      ...typesOnly,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  return report.status === 0
}

/** Modules of which nothing is left when compiled: no run can cover a line of them. */
function emptyModules(dist) {
  return readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.js'))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .filter(file => /^(protocol|actors|src)\//.test(relative(dist, file).split(sep).join('/')))
    .filter(file => /^(export \{\};)?$/.test(readFileSync(file, 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '').trim()))
    .flatMap(file => [file, relative(dist, file).replace(/\.js$/, '.ts')])
}
