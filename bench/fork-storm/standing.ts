/**
 * The process of a daemon whose services do nothing: `WAY SERVICES IDLE_MS`. It is brought up by `espalier up`, measured from
 * outside and ended by `espalier down`.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readIdentity } from '../../src/os/process.js'
import { tell } from '../harness/one-answer.js'
import type { Measured } from '../harness/trial.js'
import { cpuUsOf } from './cpu.js'
import { pssKibOf } from './memory.js'

const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
/** As the kernel names our program, which is cut off at 15 bytes. */
const KEEPER = 'espalier-keeper'
/** A child ends by itself after so long, in seconds, should everybody who could end it be gone. */
const LIFE_S = 600

const [services, idleMs] = process.argv.slice(3).map(Number)

void tell(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-standing-'))
  const names = Array.from({ length: services }, (_, index) => `svc-${index}`)
  const config = { services: Object.fromEntries(names.map(name => [name, { command: ['sleep', String(LIFE_S)] }])) }
  const runtimeDir = join(folder, 'run')
  mkdirSync(runtimeDir, { mode: 0o700 })
  writeFileSync(join(folder, 'espalier.yaml'), JSON.stringify(config))
  const espalier = (command: string, ...more: readonly string[]) =>
    execFileSync(process.execPath, [CLI, command, '--runtime-dir', runtimeDir, ...more], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  try {
    espalier('up', '-c', 'espalier.yaml', '--state-dir', join(folder, 'state'))
    try {
      const { daemonPid } = JSON.parse(espalier('status', '--json')) as { readonly daemonPid: number }
      return await measure(daemonPid)
    } finally {
      espalier('down')
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function measure(daemonPid: number): Promise<Measured> {
  const own = childrenOf(daemonPid).filter(pid => nameOf(pid) === KEEPER)
  const control = [daemonPid, ...own]
  // What it did to come up is not what it does standing.
  await delay(idleMs)
  const cpuUs = () => control.reduce((sum, pid) => sum + cpuUsOf(pid), 0)
  const [begunUs, begunMs] = [cpuUs(), performance.now()]
  await delay(idleMs)
  const idleShare = (cpuUs() - begunUs) / 1000 / (performance.now() - begunMs)
  const daemonPssKib = pssKibOf(daemonPid)
  const ownPssKib = own.map(pssKibOf)
  return {
    controlPssMib: (daemonPssKib + ownPssKib.reduce((sum, one) => sum + one, 0)) / 1024,
    keeperPssKib: Math.max(0, ...ownPssKib),
    idlePercent: idleShare * 100,
  }
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter(pid => pid > 0)
  return pids.filter(pid => readIdentity(pid)?.parentPid === parent)
}

function nameOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'latin1').trim()
}
