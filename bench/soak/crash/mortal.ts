/** A daemon to be killed: one service whose root spawns and spawns. Each exit that it hears is written down before it is acknowledged. */

import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { runtimePaths } from '../../../src/control/paths.js'
import { startDaemon } from '../../../src/daemon/daemon.js'
import { createSink } from '../../../src/daemon/output/sink.js'
import { chooseLauncher } from '../../../src/launcher/choose.js'
import { createSupervisor } from '../../../src/supervisor.js'

const [, , folder] = process.argv
const paths = runtimePaths(folder)
const sink = createSink(new PassThrough().resume())
const storm = fileURLToPath(new URL('./storm.js', import.meta.url))
const daemon = await startDaemon({
  core: createSupervisor({ hosts: 1, launcher: chooseLauncher(paths.directory) }),
  services: [
    {
      name: 'storm',
      command: [process.execPath, storm, folder],
      env: {},
      cwd: folder,
      limits: { children: 10_000, descendants: 10_000, rate: 'none', lifetime: 4_000_000, graceMs: 1000 },
      ttlMs: null,
      abandon: { keep: true, afterMs: 60_000 },
    },
  ],
  paths,
  stateDirectory: join(folder, 'state'),
  environment: process.env,
  stdout: sink,
  stderr: sink,
  tell(_context, news) {
    if (news.kind !== 'exited') return
    const { process: one, exit } = news
    appendFileSync(join(folder, 'told'), `${process.pid} ${one.name} ${exit.exitCode}\n`)
  },
})
process.on('SIGTERM', () => void daemon.stop())
process.stdout.write('up\n')
await daemon.ended
