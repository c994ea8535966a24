/**
 * The process of a population under pm2: `CHILDREN`. Its daemon lives in a folder of its own, is started before the clock
 * and ended after it. What makes pm2 slower and is not needed here (looking for a repository, its probe) is off.
 */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { tell } from '../harness/one-answer.js'
import { peerPath } from '../harness/peers.js'
import { survivorsOf } from './survivors.js'

/** What we call of pm2; each calls back with an error or null. */
interface Pm2 {
  connect(done: Done): void
  start(options: object, done: Done): void
  list(done: (error: unknown, list: readonly { readonly pid?: number }[]) => void): void
  delete(name: string, done: Done): void
  disconnect(): void
}
type Done = (error: unknown) => void

const PROGRAM = '/bin/sleep'
const NAME = 'svc'
/** A child ends by itself after so long, in seconds, should everybody who could end it be gone. */
const LIFE_S = 120
/** How long the daemon may take to end, in ms. */
const DAEMON_END_MS = 10_000

void tell(async () => {
  const home = mkdtempSync(join(tmpdir(), 'espalier-pm2-'))
  const env = { ...process.env, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true' }
  try {
    return await measure(openPm2(env), Number(process.argv[2]))
  } finally {
    await endDaemon(home, env)
    rmSync(home, { recursive: true, force: true })
  }
})

async function measure(pm2: Pm2, count: number) {
  await called(done => pm2.connect(done))
  const begunMs = performance.now()
  const options = { name: NAME, script: PROGRAM, args: [String(LIFE_S)], exec_interpreter: 'none', instances: count }
  await called(done => pm2.start({ ...options, exec_mode: 'fork', vizion: false, pmx: false }, done))
  const upMs = performance.now()
  const pids = await pidsOf(pm2)
  if (pids.length !== count || survivorsOf(pids).length !== count)
    throw new Error(`pm2 runs ${pids.length} of ${count}`)
  const endingMs = performance.now()
  await called(done => pm2.delete('all', done))
  const downMs = performance.now()
  pm2.disconnect()
  const left = survivorsOf(pids)
  if (left.length > 0) throw new Error(`${left.length} children of pm2 are left, pid ${left[0]} among them`)
  return { upMs: upMs - begunMs, downMs: downMs - endingMs }
}

/** pm2 reads its home from the environment when it is loaded. */
function openPm2(env: NodeJS.ProcessEnv): Pm2 {
  Object.assign(process.env, env)
  return createRequire(import.meta.url)(pathOf('pm2')) as Pm2
}

function pidsOf(pm2: Pm2): Promise<number[]> {
  return new Promise((resolve, reject) => {
    pm2.list((error, list) => (error ? reject(error) : resolve(list.map(({ pid }) => pid ?? 0).filter(pid => pid > 0))))
  })
}

function called(call: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => call(error => (error ? reject(error) : resolve())))
}

/** `pm2 kill` of this home alone; proved by the daemon's pid. */
async function endDaemon(home: string, env: NodeJS.ProcessEnv): Promise<void> {
  const pidFile = join(home, 'pm2.pid')
  if (!existsSync(pidFile)) return
  const daemon = Number(readFileSync(pidFile, 'utf8'))
  execFileSync(process.execPath, [pathOf('pm2/bin/pm2'), 'kill'], { env, stdio: 'ignore' })
  const deadlineMs = performance.now() + DAEMON_END_MS
  while (survivorsOf([daemon]).length > 0) {
    if (performance.now() > deadlineMs) throw new Error(`the daemon of pm2, pid ${daemon}, does not end`)
    await delay(20)
  }
}

function pathOf(specifier: string): string {
  const path = peerPath(specifier)
  if (path === null) throw new Error(`${specifier} is not installed`)
  return path
}
