import t from 'tap'
import { readHooks } from '../../../src/config/hooks.js'

function read(value: unknown) {
  const problems: string[] = []
  const hooks = readHooks(value, (path, message) => problems.push(`${path.join('.')}: ${message}`))
  return { hooks, problems }
}

t.test('a command for each kind, as text or words, and how long it may take', async t => {
  const { hooks, problems } = read({ refused: 'notify refused', exited: ['log', 'it'], timeout: '5s' })
  t.same(problems, [])
  t.same(
    [...(hooks?.commands ?? [])],
    [
      ['refused', ['notify', 'refused']],
      ['exited', ['log', 'it']],
    ],
  )
  t.equal(hooks?.timeoutMs, 5000)
  t.equal(read({ quota: 'x' }).hooks?.timeoutMs, 30_000)
  t.same(read(null), { hooks: null, problems: [] })
})

t.test('what is wrong is named with its key, its rule and the way out', async t => {
  t.match(read('notify').problems, [/^: "notify" is not understood; give commands/])
  t.match(read({ refuse: 'x' }).problems, [/^refuse: "refuse" is not a key here.*refused/])
  t.match(read({ refused: [] }).problems, [/^refused: the command is empty/])
  t.match(read({ refused: ['a', 1] }).problems, [/^refused.1: 1 is not text/])
  t.match(read({ timeout: '2h' }).problems, [/^timeout: "2h" is out of bounds; give 100ms to 1h/])
  t.match(read({ timeout: 'soon' }).problems, [/^timeout: /])
})
