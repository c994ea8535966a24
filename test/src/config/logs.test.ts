import t from 'tap'
import { parseConfig } from '../../../src/config/parse.js'
import { problemsOf } from '../../support/config-problems.js'

t.test('bounds of logs are a service’s own, else those of the file, else the default', async t => {
  const logsOf = (text: string) => parseConfig(text, 'f').services.map(({ logs }) => logs)
  t.same(
    logsOf(`
logs: { max_size: 1MiB, total: 100MiB }
services: { a: { command: x }, b: { command: x, logs: { max_size: 2MiB, files: 3 } } }`),
    [
      { maxBytes: 1024 ** 2, totalBytes: 100 * 1024 ** 2 },
      { maxBytes: 2 * 1024 ** 2, files: 3, totalBytes: 100 * 1024 ** 2 },
    ],
  )
  t.same(logsOf('services: { a: { command: x, logs: } }'), [undefined])
})

t.test('what cannot be a bound is told with the rule and the way out', async t => {
  for (const [text, key, words] of [
    ['3', '', /3 is not understood; write logs/],
    ['{ max_siz: 1MiB }', '.max_siz', /Did you mean max_size\?/],
    ['{ max_size: 1KiB }', '.max_size', /not within 128KiB to 1TiB/],
    ['{ max_size: much }', '.max_size', /not a size/],
    ['{ files: 0 }', '.files', /whole number from 1 to 100/],
    ['{ total: 1GiB }', '.total', /of all services together/],
  ] as const) {
    const [problem] = problemsOf(`services: { a: { command: b, logs: ${text} } }`)
    t.equal(problem.key, `services.a.logs${key}`, text)
    t.match(problem.message, words, text)
  }
})
