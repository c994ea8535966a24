/** The packages beside which we measure: whether they are there, and how they come. */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { BENCH_FOLDER } from './peers.js'

/** What brings them; scripts of packages never run. */
const INSTALL = ['ci', '--ignore-scripts', '--fetch-retries=0', '--no-audit', '--no-fund'] as const
const PATIENCE_MS = 60_000

/** Those that are missing. */
export function missing(packages: readonly string[]): string[] {
  return packages.filter(name => !existsSync(new URL(`node_modules/${name}/package.json`, BENCH_FOLDER)))
}

/** Installs what `bench/package.json` names, exactly as its lock file says. Why it failed, or null. */
export async function install(): Promise<string | null> {
  try {
    await promisify(execFile)('npm', INSTALL, { cwd: fileURLToPath(BENCH_FOLDER), timeout: PATIENCE_MS })
    return null
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return error.message.split('\n').find(line => /code|ENOENT|timed/i.test(line)) ?? error.message.split('\n')[0]
  }
}

/** For people, when some are left out. */
export function howToInstall(left: readonly string[], why: string | null): string {
  const because = why === null ? '' : ` (the bench tried: ${why})`
  return `not installed, so not measured: ${left.join(', ')}; \`cd bench && npm ci --ignore-scripts\` brings them${because}`
}
