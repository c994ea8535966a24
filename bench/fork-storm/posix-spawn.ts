/** The process of the C program beside the storms: `WAY STORM_MS SERVICES CHILDREN`. Builds it, and says what it did. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tell } from '../harness/one-answer.js'
import { cCompiler } from './compiler.js'

/** This file lies in dist/bench/fork-storm; the source is not built. */
const SOURCE = fileURLToPath(new URL('../../../bench/fork-storm/posix-spawn.c', import.meta.url))

const [stormMs, services, children] = process.argv.slice(3).map(Number)

void tell(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-posix-spawn-'))
  const program = join(folder, 'posix-spawn')
  try {
    execFileSync(cCompiler() ?? 'cc', ['-O2', '-o', program, SOURCE])
    const said = execFileSync(program, ['/bin/true', String(stormMs), String(services * children)], {
      encoding: 'utf8',
    })
    const [ended, tookMs] = said.split(' ').map(Number)
    return { spawnsPerSecond: ended / (tookMs / 1000) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
