import t from 'tap'
import { help, readArguments } from '../../bench/arguments.js'
import type { Case } from '../../bench/harness/case.js'

const CASES: readonly Case[] = ['lifecycle', 'memory'].map(name => ({
  name,
  summary: `measures ${name}`,
  run: async () => ({ figures: [], text: [] }),
}))

t.test('every case runs when none is named, at the size of the grid', async t => {
  t.match(readArguments([], CASES), { cases: ['lifecycle', 'memory'], size: 'grid', rounds: 5, reference: null })
})

t.test('cases and options are read in any order', async t => {
  const read = readArguments(['--json', 'memory', '--rounds', '9', '--full', '--reference', './it'], CASES)
  t.match(read, { cases: ['memory'], size: 'full', rounds: 9, reference: './it', isJson: true, isHelp: false })
  t.match(readArguments(['--quick', '--help'], CASES), { size: 'quick', rounds: 1, isHelp: true })
})

t.test('what is wrong is named with the way out', async t => {
  const wrong = (args: string[], message: RegExp) =>
    t.throws(() => readArguments(args, CASES), { message }, args.join(' '))
  wrong(['lifecicle'], /'lifecicle'; there are lifecycle, memory/)
  wrong(['--quick', '--full'], /leave one out/)
  for (const rounds of ['0', '1.5', 'many', '1001']) wrong(['--rounds', rounds], /a whole number from 1 to 1000/)
  wrong(['--slow'], /--slow.*see --help/s)
})

t.test('the help names every case and option', async t => {
  const said = help(CASES)
  for (const word of ['measures memory', '--quick', '--full', '--rounds', '--reference', '--json', 'bench/results']) {
    t.ok(said.includes(word), word)
  }
})

t.test('report draws what is kept, and names no case', async t => {
  t.match(readArguments(['report'], CASES), { cases: [], isReport: true })
  t.throws(() => readArguments(['report', 'memory'], CASES), { message: /name no case/ })
  t.ok(help(CASES).includes('report'))
})
