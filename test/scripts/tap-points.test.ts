/** The runner's counts are only worth what its reading of tap's stream is worth. */

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { PROJECT_ROOT } from '../support/root.js'

interface Totals {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly files: number
}

interface Points {
  createPointCounter(
    onFile: (file: { readonly name: string; readonly ok: boolean; readonly shown: string[] }) => void,
  ): {
    line(text: string): void
    end(): string[]
    totals(): Totals
  }
}

const { createPointCounter }: Points = await import(pathToFileURL(join(PROJECT_ROOT, 'scripts/tap-points.mjs')).href)

function count(...lines: string[]): Totals & { readonly shown: string[]; readonly names: string[] } {
  const shown: string[] = []
  const names: string[] = []
  const counter = createPointCounter(file => {
    names.push(`${file.ok ? 'ok' : 'not ok'} ${file.name}`)
    shown.push(...file.shown)
  })
  for (const line of lines) counter.line(line)
  shown.push(...counter.end())
  return { ...counter.totals(), shown, names }
}

t.test('assertions are counted, not the tests that hold them', async t => {
  const found = count(
    'TAP version 14',
    '# Subtest: a.test.js',
    '    # Subtest: one',
    '        ok 1 - should be equal',
    '        ok 2 - should be equal',
    '        1..2',
    '    ok 1 - one # time=2ms',
    '    1..1',
    'ok 1 - a.test.js # time=5ms',
  )
  t.match(found, { passed: 2, failed: 0, skipped: 0, files: 1, names: ['ok a.test.js'], shown: [] })
})

t.test('a failed assertion counts once and is shown with its reason', async t => {
  const found = count(
    '    # Subtest: one',
    '        not ok 1 - should be equal',
    '          ---',
    '          diff: |',
    '            ok 1 - not a point',
    '          ...',
    '        ok 2 - should be equal',
    '    not ok 1 - one # time=2ms',
    'not ok 1 - a.test.js # time=5ms',
  )
  t.match(found, { passed: 1, failed: 1, names: ['not ok a.test.js'] })
  t.ok(found.shown.includes('          diff: |'))
})

t.test('a file that broke, or that holds no test, is a failure', async t => {
  t.match(count('    ok 1 - fine', 'not ok 1 - crashed.test.js # time=9ms'), { passed: 1, failed: 1 })
  t.match(count('not ok 1 - crashed.test.js # time=9ms'), { passed: 0, failed: 1 })
  t.match(count('ok 1 - empty.test.js # SKIP no tests found'), { passed: 0, failed: 1, names: [/^not ok empty/] })
})

t.test('a stream that breaks off, or bails out, is a failure', async t => {
  t.match(count('    ok 1 - fine'), { failed: 1 })
  t.match(count('Bail out! no more'), { failed: 1 })
})

t.test('what is skipped is neither passed nor failed', async t => {
  const found = count('    ok 1 - later # SKIP no compiler', '    ok 2 - fine', 'ok 1 - a.test.js # time=1ms')
  t.match(found, { passed: 1, failed: 0, skipped: 1 })
})

t.test('comments are shown, noise is not', async t => {
  const found = count('    # Subtest: x', '    # seed 42', '    ok 1 - fine', '    # time=1ms', 'ok 1 - a.test.js')
  t.same(found.shown, ['    # seed 42'])
})
