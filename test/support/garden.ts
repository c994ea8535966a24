/** A daemon in the background whose one service spawns when it is told to, for tests that change its limits. */

import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Client, connect } from '../../src/client/index.js'
import { CLI_FILE, cli } from './cli.js'
import { privateFolder } from './folder.js'
import { eventually } from './processes.js'

/** Spawns a child for each file `more`, and says in the file `said` what it was told. */
const SPAWNER = `while :; do
  if [ -e more ]; then rm more; espalier spawn --name kid -- sleep 300 >said.new 2>&1; echo "code $?" >>said.new; mv said.new said; fi
  sleep 0.05
done`

export interface Garden {
  readonly folder: string
  readonly client: Client
  /** Writes the config: lines of `web`'s limits, and what follows them. */
  readonly write: (limits: string, more?: string) => void
  /** One more child is asked for from inside; what its asker was told, the exit code last. */
  readonly spawn: () => Promise<string>
}

/** A daemon with one service `web`, `children: 9` in line 6 of its config; ended with the test. */
export async function openGarden(t: Test): Promise<Garden> {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'spawner.sh'), `espalier() { ${process.execPath} ${CLI_FILE} "$@"; }\n${SPAWNER}\n`)
  const write = (limits: string, more = '') =>
    writeFileSync(
      join(folder, 'espalier.yaml'),
      `services:\n  web:\n    command: sh spawner.sh\n    spawn:\n      limits:\n${limits}\n${more}`,
    )
  write('        children: 9')
  t.teardown(async () => {
    await cli(t, folder, ['down', '--all'])
    const { keepers, daemonPid } = JSON.parse((await cli(t, folder, ['status', '--json'])).out)
    if (keepers.length > 0 || daemonPid !== null) throw new Error('something is left')
  })
  t.match(await cli(t, folder, ['up']), { code: 0 })
  const said = join(folder, 'said')
  return {
    folder,
    client: connect({ socket: join(folder, 'control.sock') }),
    write,
    async spawn() {
      writeFileSync(join(folder, 'more'), '')
      await eventually('the service was answered', () => existsSync(said))
      const text = readFileSync(said, 'utf8')
      unlinkSync(said)
      return text
    },
  }
}
