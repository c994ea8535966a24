/** A report of made-up results: whole, alone, and without anything from elsewhere. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeReport } from '../../../bench/report/write.js'

const SUMMARY = { median: 5, spread: 0.1, rounds: 5 }
const FACTS = { size: 'grid', rounds: 5, commit: 'abc', node: 'v20', cores: 2, date: '2026-01-01T00:00:00.000Z' }

function results(folder: string, figuresByCase: Readonly<Record<string, readonly object[]>>): string {
  mkdirSync(join(folder, 'bench/results'), { recursive: true })
  for (const [name, figures] of Object.entries(figuresByCase)) {
    writeFileSync(join(folder, 'bench/results', `${name}.json`), JSON.stringify({ case: name, ...FACTS, figures }))
  }
  return folder
}

t.test('known cases get pictures of their own, others get bars, and all get a table', async t => {
  const cycle = { callers: 1024, exit: 'oldest', way: '1 host', ...SUMMARY }
  const root = results(t.testdir(), {
    lifecycle: [100, 10_000].map(population => ({ ...cycle, population })),
    'new-case': [{ way: 'a <b> & c', tookMs: SUMMARY }],
  })
  t.same(writeReport(root), ['bench/results/report.html', 'bench/results/lifecycle.svg'])
  const page = readFileSync(join(root, 'bench/results/report.html'), 'utf8')
  for (const part of ['abc', '<h2>lifecycle', '<h2>new-case', 'a &lt;b&gt; &amp; c', 'prefers-color-scheme: dark']) {
    t.ok(page.includes(part), part)
  }
  t.notMatch(page.replaceAll('http://www.w3.org/2000/svg', ''), /https?:|<script|NaN|Infinity/)
  t.match(readFileSync(join(root, 'bench/results/lifecycle.svg'), 'utf8'), /^<svg xmlns.*<\/svg>\n$/s)
})

t.test('without results the page is empty, and no error', async t => {
  t.same(writeReport(results(t.testdir(), {})), ['bench/results/report.html'])
})
