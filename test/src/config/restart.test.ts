import t from 'tap'
import { parseConfig } from '../../../src/config/parse.js'
import { problemsOf } from '../../support/config-problems.js'

t.test('a restart policy is a word, or a mapping with pauses and an intensity', async t => {
  const restartOf = (text: string) =>
    parseConfig(`services: { a: { command: b, restart: ${text} } }`, 'f').services[0].restart
  const preset = { firstMs: 200, longestMs: 30_000, intensity: { limit: 5, windowMs: 60_000 } }
  t.same(restartOf('always'), { when: 'always', ...preset })
  t.same(restartOf('{ policy: on-failure }'), { when: 'on-failure', ...preset })
  t.same(restartOf('{ policy: always, backoff: { first: 1m }, intensity: none }'), {
    when: 'always',
    firstMs: 60_000,
    longestMs: 60_000,
    intensity: null,
  })
  t.match(restartOf('{ policy: always, backoff: { longest: 50ms }, intensity: 3/10s }'), {
    firstMs: 50,
    longestMs: 50,
    intensity: { limit: 3, windowMs: 10_000 },
  })
  t.equal(restartOf(''), undefined)
  for (const [text, key, words] of [
    ['on_failure', '', /Did you mean on-failure\?/],
    ['3', '', /3 is not a restart policy/],
    ['[always]', '', /is not a restart policy; give never,/],
    ['{}', '', /there is no policy/],
    ['{ policy: ever }', '.policy', /Policies are never, on-failure, always/],
    ['{ policy: always, backof: 1s }', '.backof', /Did you mean backoff\?/],
    ['{ policy: always, backoff: 1s }', '.backoff', /is not a backoff/],
    ['{ policy: always, backoff: { firts: 1s } }', '.backoff.firts', /Did you mean first\?/],
    ['{ policy: always, backoff: { first: 2h } }', '.backoff.first', /out of bounds; give 1ms to 1h/],
    ['{ policy: always, backoff: { first: 2 } }', '.backoff.first', /2 is not a duration/],
    ['{ policy: always, backoff: { first: 2s, longest: 1s } }', '.backoff.first', /longer than the longest/],
    ['{ policy: always, intensity: 0/1m }', '.intensity', /give 1 to 1000 restarts/],
    ['{ policy: always, intensity: 5 }', '.intensity', /such as 5\/1m, or none/],
  ] as const) {
    const problems = problemsOf(`services: { a: { command: b, restart: ${text} } }`)
    t.same(
      problems.map(problem => problem.key),
      [`services.a.restart${key}`],
      text,
    )
    t.match(problems[0].message, words, text)
  }
})
