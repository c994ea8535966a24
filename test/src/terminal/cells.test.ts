import t from 'tap'
import { cellsOf, cut, filled, widthOf } from '../../../src/terminal/cells.js'

t.test('a character takes the cells that terminals give it', async t => {
  t.equal(cellsOf('a'), 1)
  t.equal(cellsOf('é'), 1)
  t.equal(cellsOf('漢'), 2)
  t.equal(cellsOf('🌳'), 2)
  t.equal(cellsOf('\u0301'), 0)
  t.equal(widthOf('e\u0301漢🌳'), 5)
})

t.test('a text is cut at its cells, never within a character, and says so', async t => {
  t.equal(cut('espalier', 8), 'espalier')
  t.equal(cut('espalier', 7), 'espali~')
  t.equal(cut('漢漢漢', 5), '漢漢~')
  t.equal(cut('漢漢漢', 4), '漢~')
  t.equal(cut('漢', 1), '~')
  t.equal(cut('🌳🌳', 3), '🌳~')
  t.equal(cut('a', 0), '')
  t.ok(widthOf(cut('x漢'.repeat(30), 17)) <= 17)
})

t.test('a filled text has exactly its cells, on either side', async t => {
  t.equal(filled('漢', 4), '漢  ')
  t.equal(filled('7', 3, 'right'), '  7')
  for (const columns of [0, 1, 2, 3, 9]) t.equal(widthOf(filled('a漢b漢c', columns)), columns)
})
