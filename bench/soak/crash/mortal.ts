/**
 * A daemon to be killed: one service whose root spawns and spawns. Each exit that it hears is written down before it is
 * acknowledged. A line on its input names how its host thread shall die.
 */

import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { runtimePaths } from '../../../src/control/paths.js'
import { startDaemon } from '../../../src/daemon/daemon.js'
import { createSink } from '../../../src/daemon/output/sink.js'
import { chooseLauncher } from '../../../src/launcher/choose.js'
import { type Death, openMortal } from '../../host-loss/mortal.js'

const [, , folder] = process.argv
const paths = runtimePaths(folder)
const sink = createSink(new PassThrough().resume())
const storm = fileURLToPath(new URL('./storm.js', import.meta.url))
const { supervisor, aim } = openMortal(() => process.stdout.write('lost\n'), {
  hosts: 1,
  launcher: chooseLauncher(paths.directory),
})
const daemon = await startDaemon({
  core: supervisor,
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
createInterface(process.stdin).on('line', how => void aim(0, how as Death).then(kill => kill()))
process.on('SIGTERM', () => void daemon.stop())
process.stdout.write('up\n')
await daemon.ended
process.stdin.destroy()
