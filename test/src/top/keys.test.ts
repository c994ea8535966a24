import t from 'tap'
import { intentionOf } from '../../../src/top/intentions.js'
import { createKeyReader } from '../../../src/top/keys.js'

t.test('keys are read whatever pieces they come in', async t => {
  const reader = createKeyReader()
  t.same(reader.push('j\u001b[A\u001bOB\u001b[5~\r'), ['j', 'up', 'down', 'page up', 'enter'])
  t.same(reader.push('\u001b'), [])
  t.ok(reader.isOpen)
  t.same(reader.push('['), [])
  t.same(reader.push('Ck'), ['right', 'k'])
  t.notOk(reader.isOpen)
})

t.test('an escape that nothing follows is a key', async t => {
  const reader = createKeyReader()
  t.same(reader.push('\u001b'), [])
  t.same(reader.flush(), ['escape'])
  t.same(reader.push('\u001bx'), ['escape', 'x'])
})

t.test('sequences that mean nothing here are dropped, and what never ends is no sequence', async t => {
  const reader = createKeyReader()
  t.same(reader.push('\u001b[200~\u001b[1;5Hq\u0001'), ['q'])
  reader.push(`\u001b[${'1'.repeat(500)}`)
  t.notOk(reader.isOpen)
})

t.test('a character beyond the first plane is one key', async t => {
  t.same(createKeyReader().push('🌳é'), ['🌳', 'é'])
})

t.test('a key means what the mode makes of it', async t => {
  t.same(intentionOf('q', 'list'), { kind: 'quit' })
  t.same(intentionOf('q', 'filter'), { kind: 'type', text: 'q' })
  t.same(intentionOf('q', 'pane'), { kind: 'cancel' })
  t.same(intentionOf('X', 'list'), { kind: 'end', tree: true })
  t.same(intentionOf('x', 'pane'), null)
  t.same(intentionOf('page down', 'pane'), { kind: 'move', by: 'page', direction: 1 })
  t.same(intentionOf('backspace', 'filter'), { kind: 'erase' })
  t.same(intentionOf('left', 'filter'), null)
  for (const mode of ['list', 'filter', 'ask', 'pane'] as const) t.same(intentionOf('ctrl c', mode), { kind: 'quit' })
})

t.test('a question is answered yes by y alone', async t => {
  t.same(intentionOf('y', 'ask'), { kind: 'accept' })
  for (const key of ['n', 'enter', 'escape', ' ', 'x']) t.same(intentionOf(key, 'ask'), { kind: 'cancel' }, key)
})
