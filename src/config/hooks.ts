/** The key `on`: programs that are run when something happens to a service. */

import { formatDuration } from '../../protocol/format.js'
import { show } from '../../protocol/show.js'
import { readDuration } from '../../protocol/units.js'
import { type Complain, complainOfUnknownKeys, isMapping, readCommand } from './fields.js'
import { HOOK_KINDS, HOOK_TIMEOUT_MS, type HookKind, type Hooks } from './types.js'

/** How long one may be allowed to run, in ms. */
const TIMEOUT = { least: 100, most: 3_600_000 } as const

/** A command for each kind; null for none, or once it has complained. */
export function readHooks(value: unknown, complain: Complain): Hooks | null {
  if (value === undefined || value === null) return null
  if (!isMapping(value)) {
    complain([], `${show(value)} is not understood; give commands, such as { refused: [notify, refused] }`)
    return null
  }
  complainOfUnknownKeys(value, [...HOOK_KINDS, 'timeout'], [], complain)
  const commands = new Map<HookKind, readonly string[]>()
  for (const kind of HOOK_KINDS) {
    if (value[kind] === undefined) continue
    commands.set(
      kind,
      readCommand(value[kind], (path, message) => complain([kind, ...path], message)),
    )
  }
  return { commands, timeoutMs: readTimeout(value.timeout, complain) }
}

function readTimeout(value: unknown, complain: Complain): number {
  if (value === undefined || value === null) return HOOK_TIMEOUT_MS
  const parsed = readDuration(value)
  if (parsed.ok && parsed.value >= TIMEOUT.least && parsed.value <= TIMEOUT.most) return parsed.value
  const bounds = `${formatDuration(TIMEOUT.least)} to ${formatDuration(TIMEOUT.most)}`
  complain(['timeout'], parsed.ok ? `${show(value)} is out of bounds; give ${bounds}` : parsed.problem)
  return HOOK_TIMEOUT_MS
}
