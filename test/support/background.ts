/** A daemon of `up` in a folder of its own, whose service asks for spawns by `./espalier`. */

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { CLI_FILE, cli } from './cli.js'
import { privateFolder } from './folder.js'

/** The folder, with `my.yaml`, `service.sh` and `espalier`; whatever runs there ends with the test. */
export function background(t: Test, config: string, service: string): string {
  const folder = privateFolder(t)
  writeFileSync(join(folder, 'my.yaml'), config)
  writeFileSync(join(folder, 'service.sh'), service)
  writeFileSync(join(folder, 'espalier'), `#!/bin/sh\nexec "${process.execPath}" "${CLI_FILE}" "$@"\n`)
  chmodSync(join(folder, 'espalier'), 0o755)
  t.teardown(() => cli(t, folder, ['down', '--all']))
  return folder
}

/** Brings it up; gives the pid of the daemon. */
export async function up(t: Test, folder: string): Promise<number> {
  const { code, out, err } = await cli(t, folder, ['up', '-c', 'my.yaml'])
  t.equal(code, 0, err)
  return Number(/daemon (\d+)/.exec(out)?.[1])
}
