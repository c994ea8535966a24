import fc from 'fast-check'
import t from 'tap'
import { splitWords } from '../../../src/config/words.js'

t.test('words are parted as a shell parts them', async t => {
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ['node w.js', ['node', 'w.js']],
    ['  a \t b\nc\r\n', ['a', 'b', 'c']],
    ['sh -c \'echo "$HOME" \\n\'', ['sh', '-c', 'echo "$HOME" \\n']],
    ['a "b c" d', ['a', 'b c', 'd']],
    ['a "b \\" \\\\ \\$ \\` \\n" c', ['a', 'b " \\ $ ` \\n', 'c']],
    ['a\\ b c', ['a b', 'c']],
    ['a \\\n b', ['a', 'b']],
    ['a"b"\'c\'d', ['abcd']],
    ['a \'\' ""', ['a', '', '']],
    ['a ~ * $HOME #b', ['a', '~', '*', '$HOME', '#b']],
    ['curl http://x/?a=1&b=2', ['curl', 'http://x/?a=1&b=2']],
    ['a \'&&\' \\| ";"', ['a', '&&', '|', ';']],
    ['', []],
    [' \n', []],
    ['é 世界 😀', ['é', '世界', '😀']],
  ]
  for (const [text, words] of commands) t.same(splitWords(text), { ok: true, value: words }, text)
})

t.test('an open quote, a backslash at the end and a lone shell operator are problems', async t => {
  const problems: readonly (readonly [string, RegExp])[] = [
    ["a 'b", /the quote ' at character 3 of "a 'b" is never closed/],
    ['a "b', /the quote " at character 3 .* never closed/],
    ['a "b\\"', /never closed/],
    ['a "b\\', /never closed/],
    ['a \\', /ends in a backslash/],
    ['a && b', /no shell runs the command, so "&&" would be an argument; quote it, or run sh -c/],
    ['a |', /"\|"/],
    ['a > b', /">"/],
    ['a 2>&1', /"2>&1"/],
  ]
  for (const [text, problem] of problems) {
    const split = splitWords(text)
    t.notOk(split.ok, text)
    if (!split.ok) t.match(split.problem, problem)
  }
})

t.test('words quoted in either way come back as they were, whatever they hold', async () => {
  const single = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
  const double = (word: string): string => `"${word.replace(/["\\$`]/g, '\\$&')}"`
  const words = fc.array(fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(words, list =>
      [single, double].every(quote => {
        const split = splitWords(list.map(quote).join(' '))
        return split.ok && JSON.stringify(split.value) === JSON.stringify(list)
      }),
    ),
    { numRuns: 1000 },
  )
})

t.test('no text makes it throw', async () => {
  const texts = fc.stringMatching(/^[ab '"\\\n|&]{0,20}$/)
  fc.assert(
    fc.property(texts, text => typeof splitWords(text).ok === 'boolean'),
    { numRuns: 2000 },
  )
})
