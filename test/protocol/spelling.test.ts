import t from 'tap'
import { nearest, suggestion } from '../../protocol/spelling.js'

const WORDS = ['depth', 'children', 'descendants', 'totalMemory', 'rate'] as const

t.test('the closest word is suggested', async t => {
  t.equal(nearest('dept', WORDS), 'depth')
  t.equal(nearest('detph', WORDS), 'depth')
  t.equal(nearest('childern', WORDS), 'children')
  t.equal(nearest('total_memory', WORDS), 'totalMemory')
  t.equal(nearest('TOTALMEMRY', WORDS), 'totalMemory')
  t.equal(nearest('descendents', WORDS), 'descendants')
  t.equal(suggestion('dept', WORDS), ' Did you mean depth?')
})

t.test('a word far from all, empty or very long gets no suggestion', async t => {
  for (const word of ['colour', '', '_', 'x'.repeat(10_000), 'constructor'])
    t.equal(nearest(word, WORDS), null, word.slice(0, 20))
  t.equal(suggestion('colour', WORDS), '')
  t.equal(nearest('depth', []), null)
})
