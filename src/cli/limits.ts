/** `espalier limits get` and `limits set`: the effective limits of services, where each comes from, and other ones while they run. */

import { LIMIT_NAMES, type LimitName } from '../../protocol/limit-layers.js'
import { limitText, readLimitTexts } from '../../protocol/limit-text.js'
import { LIMIT_KEYS, type LimitsInput } from '../../protocol/limits.js'
import { type OverLimit, overText } from '../../protocol/over-limits.js'
import { show } from '../../protocol/show.js'
import type { LimitsReport } from '../../protocol/wire/changes.js'
import { harmless } from '../terminal/harmless.js'
import { EXIT } from './exit-codes.js'
import { UsageError } from './failing.js'
import { jsonLine } from './json.js'
import { originText } from './origin-text.js'
import { clientOf, type DaemonOptions } from './place.js'
import { BARE, type Manner, print, type ReadingOptions } from './print.js'
import { put } from './put.js'
import { changeText } from './reload-lines.js'

/** What `limits get` takes. */
export type LimitsOptions = DaemonOptions & ReadingOptions

/** What `limits set` takes. */
export type SetLimitsOptions = DaemonOptions & Pick<ReadingOptions, 'json'>

/** The word that gives a limit back to the config. */
const CONFIGURED = 'configured'

/** A table of one service's limits, or of all. */
export async function getLimitsCommand(service: string | undefined, options: LimitsOptions): Promise<number> {
  const reports = await clientOf(options).limits(service ?? null)
  const lines = options.json
    ? [jsonLine({ services: reports.map(jsonOf) })]
    : options.quiet
      ? reports.flatMap(pairsOf)
      : reports.flatMap(report => limitLines(report, process.cwd()))
  await print(lines, options.json || options.quiet ? BARE : MANNER, options)
  return EXIT.ok
}

const MANNER: Manner = { isCut: true, style: line => (line.startsWith(' ') ? 'plain' : 'bold') }

/** `web children=7`: what `limits set` takes. */
function pairsOf({ service, limits }: LimitsReport): readonly string[] {
  return LIMIT_NAMES.map(name => harmless(`${service} ${LIMIT_KEYS[name].yaml}=${limitText(name, limits[name])}`))
}

/** Sets `key=value` of a service, all or none; prints each change, what is over its limit by it, and what does not hold here. */
export async function setLimitsCommand(
  service: string,
  pairs: readonly string[],
  options: SetLimitsOptions,
): Promise<number> {
  const { limits, configured } = readPairs(pairs)
  const { changes, over, notes } = await clientOf(options).setLimits(service, limits, { configured, by: 'command' })
  const said = changes.length === 0 ? ['nothing has changed'] : changes.map(changeText)
  const lines = options.json
    ? [jsonLine({ service, changes, over, notes })]
    : [...said, ...over.map(overText), ...notes].map(line => harmless(`${service}: ${line}`))
  await put(process.stdout, lines.map(line => `${line}\n`).join(''), options.timeout)
  return EXIT.ok
}

/** The limits of one service as lines; files below `folder` are named from there. */
export function limitLines(report: LimitsReport, folder: string): readonly string[] {
  const over = new Map<LimitName, OverLimit>(report.over.map(one => [one.limit, one]))
  const rows = LIMIT_NAMES.map(name => {
    const one = over.get(name)
    const value = limitText(name, report.limits[name])
    return [
      LIMIT_KEYS[name].yaml,
      value,
      originText(report.origins[name], folder),
      one === undefined ? '' : overText(one),
    ]
  })
  const table = [['LIMIT', 'VALUE', 'FROM', ''], ...rows]
  const widths = [0, 1, 2].map(column => Math.max(...table.map(row => row[column].length)))
  const text = table.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [harmless(report.service), ...text.map(line => `  ${harmless(line)}`)]
}

function jsonOf({ service, limits, origins, over }: LimitsReport): object {
  const entries = LIMIT_NAMES.map(name => [name, { value: limits[name], origin: origins[name] }])
  return { service, limits: Object.fromEntries(entries), over }
}

/** @throws {UsageError} naming every pair that is wrong, with its rule */
function readPairs(pairs: readonly string[]): {
  readonly limits: LimitsInput
  readonly configured: readonly LimitName[]
} {
  const texts = new Map<string, string>()
  const problems: string[] = []
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const key = pair.slice(0, at)
    if (at < 1) problems.push(`${show(pair)} is no limit with a value; give key=value, such as children=7`)
    else if (texts.has(key)) problems.push(`${key}: it is given twice; drop one of them`)
    else texts.set(key, pair.slice(at + 1))
  }
  const configured = LIMIT_NAMES.filter(name => texts.get(LIMIT_KEYS[name].yaml) === CONFIGURED)
  for (const name of configured) texts.delete(LIMIT_KEYS[name].yaml)
  const read = readLimitTexts(texts)
  problems.push(...read.problems)
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  return { limits: read.limits, configured }
}
