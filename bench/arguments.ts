/** The command line of the bench. */

import { parseArgs } from 'node:util'
import type { Case, CaseOptions } from './harness/case.js'

export interface Arguments extends CaseOptions {
  readonly cases: readonly string[]
  readonly isJson: boolean
  readonly isHelp: boolean
  /** Draw what is kept instead of measuring. */
  readonly isReport: boolean
}

/** Stands where a case does, and draws. */
const REPORT = 'report'

/** Medians are of at least so many rounds. */
const ROUNDS_LEAST = 5
/** A look takes one. */
const ROUNDS_QUICK = 1

/** @throws {RangeError} naming the value, the rule and the way out */
export function readArguments(args: readonly string[], known: readonly Case[]): Arguments {
  const { values, positionals } = parse(args)
  const names = known.map(({ name }) => name)
  const isReport = positionals.includes(REPORT)
  if (isReport && positionals.length > 1)
    throw new RangeError(`'${REPORT}' draws every result that is kept; name no case`)
  for (const name of isReport ? [] : positionals) {
    if (!names.includes(name)) throw new RangeError(`no case is named '${name}'; there are ${names.join(', ')}`)
  }
  if (values.quick && values.full) throw new RangeError('--quick and --full exclude each other; leave one out')
  const rounds = Number(values.rounds ?? (values.quick ? ROUNDS_QUICK : ROUNDS_LEAST))
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000) {
    throw new RangeError(`--rounds ${values.rounds} is out of range; it takes a whole number from 1 to 1000`)
  }
  return {
    cases: isReport ? [] : positionals.length > 0 ? positionals : names,
    size: values.quick ? 'quick' : values.full ? 'full' : 'grid',
    rounds,
    reference: values.reference ?? null,
    recording: values.recording ?? null,
    isJson: values.json ?? false,
    isHelp: values.help ?? false,
    isReport,
  }
}

export function help(known: readonly Case[]): string {
  const width = Math.max(...known.map(({ name }) => name.length))
  return [
    'usage: npm run bench -- [CASE...] [OPTION...]',
    '       npm run bench -- report',
    '',
    'Measures Espalier beside everything else, in one run: trust the ratios, and figures of one run only.',
    '',
    'cases (all, when none is named):',
    ...known.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'options:',
    '  --quick              a look, about a minute',
    '  --full               everything, the largest populations too',
    `  --rounds N           rounds of each contestant, 1 to 1000 (default ${ROUNDS_LEAST}, ${ROUNDS_QUICK} with --quick)`,
    '  --reference PROGRAM  a program that prints figures of the reference as JSON lines; it runs in the same minutes',
    '  --recording FILE     what "espalier events -q --json" has printed, for the case recording',
    '  --json               results as JSON instead of tables',
    '  --help               this',
    '',
    'Every result is kept in bench/results/CASE.json, with commit, Node, cores and date;',
    '`report` draws all of them in bench/results/report.html.',
  ].join('\n')
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        quick: { type: 'boolean' },
        full: { type: 'boolean' },
        rounds: { type: 'string' },
        reference: { type: 'string' },
        recording: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new RangeError(`${error instanceof Error ? error.message : error}; see --help`)
  }
}
