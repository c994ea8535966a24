/**
 * The process of a daemon whose one service forks through its socket: `WAY STORM_MS CHILDREN`. Its store is on the disk, or in
 * memory because there is a file in its place.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { runtimePaths } from '../../src/control/paths.js'
import { startDaemon } from '../../src/daemon/daemon.js'
import { createSink } from '../../src/daemon/output/sink.js'
import { chooseLauncher } from '../../src/launcher/choose.js'
import { placeOf } from '../../src/os/place.js'
import { createSupervisor } from '../../src/supervisor.js'
import { tell } from '../harness/one-answer.js'
import type { Measured } from '../harness/trial.js'
import { IN_MEMORY } from './kept-ways.js'

const [way, stormMs, children] = process.argv.slice(2)
const ROOT = fileURLToPath(new URL('./kept-root.js', import.meta.url))

void tell(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-kept-'))
  const [state, said] = [join(folder, 'state'), join(folder, 'said')]
  const paths = runtimePaths(join(folder, 'run'))
  mkdirSync(paths.directory, { mode: 0o700 })
  mkdirSync(state, { mode: 0o700 })
  if (way === IN_MEMORY) writeFileSync(join(state, `store-${placeOf(paths.directory)}`), '')
  const sink = createSink(new PassThrough().resume())
  try {
    const daemon = await startDaemon({
      core: createSupervisor({ launcher: chooseLauncher(paths.directory) }),
      services: [
        {
          name: 'storm',
          command: [process.execPath, ROOT, said, stormMs, children],
          env: {},
          cwd: folder,
          limits: { children: Number(children), rate: 'none' },
          ttlMs: null,
          abandon: { keep: false, afterMs: 1000 },
        },
      ],
      paths,
      stateDirectory: state,
      environment: process.env,
      stdout: sink,
      stderr: sink,
      tell: () => undefined,
    })
    const { place } = daemon.context.store.state
    if ((place === 'memory') !== (way === IN_MEMORY)) throw new Error(`${way} has its store in ${place}`)
    await daemon.ended
    return JSON.parse(readFileSync(said, 'utf8')) as Measured
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
