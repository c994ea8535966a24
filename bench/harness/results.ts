/** Results as files: what was measured, of which commit, on what. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

/** Where results lie, from the project's root. */
export const RESULTS_FOLDER = join('bench', 'results')

/** What a run was made on. */
export interface Facts {
  readonly commit: string
  readonly node: string
  readonly cores: number
  readonly date: string
}

export function facts(now: Date): Facts {
  return { commit: commit(), node: process.version, cores: cpus().length, date: now.toISOString() }
}

/** Writes the result of a case and gives its path. */
export function keep(root: string, name: string, result: object): string {
  const path = join(RESULTS_FOLDER, `${name}.json`)
  mkdirSync(join(root, RESULTS_FOLDER), { recursive: true })
  writeFileSync(join(root, path), `${JSON.stringify(result, null, 2)}\n`)
  return path
}

/** The commit, with `+` behind it when files were changed since; `unknown` outside a repository. */
function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return git('rev-parse', '--short', 'HEAD').trim() + (git('status', '--porcelain', '-uno') === '' ? '' : '+')
  } catch {
    return 'unknown'
  }
}
