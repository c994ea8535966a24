/** Broken configs: each is named at its line, its column and its key, with a way out. */

import t, { type Test } from 'tap'
import { problemsOf } from '../../support/config-problems.js'
import { BROKEN_DOCUMENTS, UNREADABLE_DOCUMENTS } from './broken/documents.js'
import { BROKEN_LIMITS } from './broken/limits.js'
import type { BrokenConfig } from './broken/row.js'
import { BROKEN_SERVICES } from './broken/services.js'

const KINDS = { limit: BROKEN_LIMITS, service: BROKEN_SERVICES, document: BROKEN_DOCUMENTS } as const

for (const [kind, rows] of Object.entries(KINDS)) {
  t.test(`a wrong ${kind} is named at its place, with its key and a way out`, async t => {
    for (const row of rows) checkOne(t, row)
  })
}

t.test('a text that is no YAML is named at its line', async t => {
  for (const [text, line] of UNREADABLE_DOCUMENTS) {
    const [problem] = problemsOf(text)
    t.equal(problem.line, line, `${JSON.stringify(text.slice(0, 80))}: ${problem.message}`)
    t.ok(problem.column > 0)
    t.ok(problem.message.length > 10)
  }
})

const named = Object.values(KINDS).flatMap(rows => rows.map(([text]) => text))

t.test(
  `at least 200 broken configs (here ${named.length}) are each named at line, column and key, all different`,
  async t => {
    t.ok(named.length >= 200, String(named.length))
    const texts = [...named, ...UNREADABLE_DOCUMENTS.map(([text]) => text)]
    t.equal(new Set(texts).size, texts.length)
  },
)

function checkOne(t: Test, [marked, key, says]: BrokenConfig): void {
  const at = marked.indexOf('^^')
  const text = marked.replace('^^', '')
  const before = text.slice(0, at).split('\n')
  const problems = problemsOf(text)
  const shown = JSON.stringify(text.slice(0, 120))
  t.equal(problems.length, 1, `${shown}: ${problems.map(({ message }) => message).join(' | ')}`)
  const { line, column, key: found, message } = problems[0]
  t.same({ line, column, key: found }, { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, key }, shown)
  t.match(message, says, shown)
}
