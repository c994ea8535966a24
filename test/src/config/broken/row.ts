/** One broken config: its text, the place of what is wrong marked with `^^` before it, the key, and what the message must say. */

export type BrokenConfig = readonly [text: string, key: string, says: RegExp]

/** Lines of a service `web` that has a command. */
export function inService(...lines: readonly string[]): string {
  return `services:\n  web:\n    command: a\n${lines.map(line => `    ${line}\n`).join('')}`
}

/** Lines of its limits. */
export function inLimits(...lines: readonly string[]): string {
  return inService('spawn:', '  limits:', ...lines.map(line => `    ${line}`))
}

/** One key of a service with one wrong value. */
export function wrongKey(key: string, value: string, says: RegExp): BrokenConfig {
  return [inService(`^^${key}: ${value}`), `services.web.${key}`, says]
}

/** One limit with one wrong value. */
export function wrongLimit(key: string, value: string, says: RegExp): BrokenConfig {
  return [inLimits(`^^${key}: ${value}`), `services.web.spawn.limits.${key}`, says]
}
