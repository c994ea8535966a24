/** `espalier config print`: what a config comes to, as YAML that is a config itself, or as JSON. */

import { stringify } from 'yaml'
import { type Effective, effectiveConfig, type ValueOrigin } from '../config/effective.js'
import { loadPlaced } from '../config/load.js'
import { harmless, harmlessJson } from '../terminal/harmless.js'
import { EXIT } from './exit-codes.js'
import { jsonLine } from './json.js'
import { nearPath, originText } from './origin-text.js'
import { put } from './put.js'

export interface ConfigPrintOptions {
  readonly json: boolean
  /** Whether it is said where each value comes from. */
  readonly origin: boolean
  /** In ms. */
  readonly timeout: number
}

/** Prints the config of `file`; rejects with its problems if it has any. */
export async function printConfigCommand(file: string, options: ConfigPrintOptions): Promise<number> {
  const effective = effectiveConfig(await loadPlaced(file))
  const text = options.json
    ? jsonLine({ config: plain(effective, options.origin) })
    : configLines(effective, options.origin ? process.cwd() : null).join('\n')
  await put(process.stdout, `${text}\n`, options.timeout)
  return EXIT.ok
}

/** The lines of a mapping as YAML, origins behind the values if a `folder` is given from which files are named. */
export function configLines(effective: Effective, folder: string | null, indent = ''): readonly string[] {
  if (effective.kind !== 'mapping') return []
  return effective.entries.flatMap(([key, value]) => {
    const head = `${indent}${yaml(key)}:`
    if (value.kind === 'unset') return [`${indent}# ${harmless(key)}: ${value.says}`]
    if (value.kind === 'value') {
      const comment = folder === null ? '' : `  # ${sourceText(value.origin, folder)}`
      return [harmless(`${head} ${yaml(value.value)}${comment}`)]
    }
    return value.entries.length === 0
      ? [harmless(`${head} {}`)]
      : [harmless(head), ...configLines(value, folder, `${indent}  `)]
  })
}

function sourceText(origin: ValueOrigin, folder: string): string {
  return origin.from === 'env_file' ? nearPath(origin.file, folder) : originText(origin, folder)
}

/** On one line, whatever it is; text that could not be shown as it is stands in quotes, escaped. */
function yaml(value: string | number | boolean | readonly string[]): string {
  if (typeof value === 'object') return `[${value.map(yaml).join(', ')}]`
  if (typeof value !== 'string') return String(value)
  if (harmless(value) !== value) return harmlessJson(value)
  // As an item of a list: what is plain there is plain everywhere.
  return stringify([value], { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 })
    .trimEnd()
    .slice(1, -1)
}

function plain(effective: Effective, withOrigin: boolean): unknown {
  switch (effective.kind) {
    case 'unset':
      return null
    case 'value':
      return withOrigin ? { value: effective.value, origin: effective.origin } : effective.value
    case 'mapping':
      return Object.fromEntries(effective.entries.map(([key, value]) => [key, plain(value, withOrigin)]))
  }
}
