/** What a reload changes, a line each, for people and the daemon's log. */

import type { LimitChange } from '../../protocol/limit-layers.js'
import { limitText } from '../../protocol/limit-text.js'
import { LIMIT_KEYS } from '../../protocol/limits.js'
import type { ReloadChange } from '../../protocol/wire/changes.js'

/** `dryRun`: what would happen. */
export function reloadLines(changes: readonly ReloadChange[], dryRun: boolean): readonly string[] {
  if (changes.length === 0) return [dryRun ? 'nothing would change' : 'nothing has changed']
  return changes.flatMap(change => linesOf(change, dryRun))
}

/** `children 100 -> 7`, as a config file spells both. */
export function changeText({ name, before, after }: LimitChange): string {
  return `${LIMIT_KEYS[name].yaml} ${limitText(name, before)} -> ${limitText(name, after)}`
}

function linesOf(change: ReloadChange, dryRun: boolean): readonly string[] {
  const { service } = change
  switch (change.kind) {
    case 'started':
      return [`${service}: ${dryRun ? 'would be started' : 'started'}`]
    case 'started_again':
      return [`${service}: ${dryRun ? 'has failed, and would be started again' : 'had failed, and is started again'}`]
    case 'limits':
      return [
        ...change.changes.map(one => `${service}: ${changeText(one)}`),
        ...change.kept.map(name => {
          const key = LIMIT_KEYS[name].yaml
          return `${service}: ${key} stays as it was set, over the file; "espalier limits set ${service} ${key}=configured" gives it back`
        }),
      ]
    case 'next_start':
      return [`${service}: ${change.keys.join(', ')}: from its next start`]
    case 'at_once':
      return [`${service}: ${change.keys.join(', ')}: ${dryRun ? 'would count' : 'counts'} from now on`]
    case 'left_out':
      return [`${service}: no longer in the file, runs on; "espalier stop ${service}" ends it`]
  }
}
