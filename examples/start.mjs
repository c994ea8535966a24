// What `npm start` runs: the agents example in a runtime directory of its own, or one's own config with `-- -c my.yaml`.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from '../dist/src/cli/program.js'

const own = process.argv.slice(2)
const example = fileURLToPath(new URL('./agents/espalier.yaml', import.meta.url))
const config = own.includes('-c') || own.includes('--config') ? [] : ['-c', example]
const runtimeDir = mkdtempSync(join(tmpdir(), 'espalier-'))
process.on('exit', () => rmSync(runtimeDir, { recursive: true, force: true }))

// In this very process, so that Ctrl-C reaches the daemon once and its exit code is ours.
process.exitCode = await main(['run', '--show-tree', '--runtime-dir', runtimeDir, ...config, ...own])
