/**
 * Throws bytes at a keeper built with the address and undefined-behaviour sanitizers, on its link and its spawn socket, and
 * damages its journal between two of them: `npm run fuzz -- --seconds N --seed S`, default 10 s and a new seed. It fails with
 * 1 when a keeper ends otherwise than asked, and then leaves the sanitizers' reports and the last frames where it says;
 * with 2 when there is no compiler with sanitizers.
 */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { conversation, hello, plainConfig, plainSpawn } from './fuzz/frames.mjs'
import { createRandom, noise } from './fuzz/random.mjs'

const CONVERSATIONS = 200
const END_MS = 30_000

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({ options: { seconds: { type: 'string' }, seed: { type: 'string' } } })
const seconds = Number(values.seconds ?? 10)
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
if (!(seconds > 0) || !Number.isInteger(seed)) throw new Error('usage: npm run fuzz -- --seconds N --seed S, S a whole number')
const top = mkdtempSync(join(tmpdir(), 'espalier-fuzz-'))
const program = join(top, 'keeper')
const random = createRandom(seed)
const said = []
let links = 0
let keepers = 0

console.log(`seed ${seed}`)
const build = [join(ROOT, 'scripts/build-native.mjs'), '--sanitize', program]
const built = spawnSync(process.execPath, build, { stdio: 'inherit' }).status === 0 && existsSync(program)
if (built) await fuzz()
else {
  console.log('the keeper cannot be built with sanitizers here')
  rmSync(top, { recursive: true })
  process.exitCode = 2
}

async function fuzz() {
  const until = performance.now() + seconds * 1000
  let wrong = null
  while (wrong === null && performance.now() < until) {
    const folder = mkdtempSync(join(top, 'k-'))
    // The second one finds the journal of the first, damaged.
    for (let life = 0; wrong === null && life < 2 && existsSync(folder); life++) {
      damage(folder)
      wrong = await live(folder, until)
      keepers++
    }
    if (wrong === null) rmSync(folder, { recursive: true, force: true })
  }
  console.log(`${wrong === null ? 'passed' : 'FAILED'}: seed ${seed}, ${keepers} keepers, ${links} links, ${seconds} s`)
  if (wrong === null) return rmSync(top, { recursive: true })
  said.forEach((bytes, at) => writeFileSync(join(top, `link-${at}`), bytes))
  for (const name of readdirSync(top).filter(one => one.startsWith('report'))) console.log(readFileSync(join(top, name), 'utf8'))
  console.log(`${wrong}\nthe last ${said.length} links and the reports are in ${top}`)
  process.exitCode = 1
}

/** One keeper from beginning to end; answers what was wrong, or null. */
async function live(folder, until) {
  const report = `log_path=${join(top, 'report')}`
  const env = { ASAN_OPTIONS: `${report}:detect_leaks=0`, UBSAN_OPTIONS: `${report}:print_stacktrace=1` }
  const rest = [folder, '60000', '20', 'keep', 'stay']
  // Nothing that dies here leaves a core.
  const keeper = spawn('/bin/sh', ['-c', 'ulimit -c 0; exec "$0" "$@"', program, ...rest], { stdio: ['ignore', 'pipe', 'ignore'], env })
  let how = null
  const gone = new Promise(settle => keeper.once('exit', (code, signal) => settle((how = `${code} ${signal}`))))
  const first = await Promise.race([new Promise(settle => keeper.stdout.once('data', settle)), gone])
  if (typeof first === 'string') return `a keeper did not start: ${first}`
  const link = join(folder, 'link.sock')
  const asker = [process.execPath, join(ROOT, 'scripts/fuzz/asker.mjs'), join(folder, 'spawn.sock'), `${random(2 ** 31)}`, '60']
  const known = { asks: [1] }
  let id = 1
  await say(link, Buffer.concat([hello(() => 1, process.pid), plainSpawn(id, asker)]), known)
  for (let turn = 0; turn < CONVERSATIONS && how === null && performance.now() < until; turn++) {
    const ids = [0, 1, id, ...Array.from({ length: 6 }, () => ++id), ...known.asks]
    const bytes = Buffer.concat([hello(random, process.pid), conversation(random, ids)])
    said.push(bytes)
    if (said.length > 32) said.shift()
    await say(link, random(12) === 0 ? noise(random, random(500)) : bytes, known)
    links++
  }
  if (how === null) await say(link, Buffer.concat([hello(() => 1, process.pid), plainConfig()]), known)
  if (how === null) keeper.kill('SIGTERM')
  const timer = setTimeout(() => keeper.kill('SIGKILL'), END_MS)
  await gone
  clearTimeout(timer)
  return how === '0 null' ? null : `a keeper ended with ${how}`
}

/** Says it all, sometimes hangs up over the answers, and waits for the end. Notes the asks that are told. */
function say(path, bytes, known) {
  return new Promise(settle => {
    const socket = connect(path)
    let held = Buffer.alloc(0)
    socket.on('data', chunk => {
      held = noteAsks(Buffer.concat([held, chunk]), known)
    })
    socket.on('error', () => undefined).on('close', () => settle())
    socket.setTimeout(500, () => socket.destroy())
    socket.on('connect', () => (random(8) === 0 ? socket.write(bytes, () => socket.destroy()) : socket.end(bytes)))
  })
}

function noteAsks(bytes, known) {
  let at = 0
  for (; bytes.length - at >= 9 && bytes.length - at >= 4 + bytes.readUInt32LE(at); at += 4 + bytes.readUInt32LE(at))
    if (bytes[at + 4] === 74) known.asks = [bytes.readUInt32LE(at + 5), ...known.asks].slice(0, 4)
  return bytes.subarray(at)
}

/** Changes a few bytes of whatever journal lies there, or cuts it. */
function damage(folder) {
  for (const name of readdirSync(folder).filter(one => one.startsWith('exits.'))) {
    const bytes = readFileSync(join(folder, name))
    if (bytes.length > 0 && random(3) > 0) bytes[random(random(2) === 0 ? 32 : bytes.length) % bytes.length] = random(256)
    writeFileSync(join(folder, name), random(3) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes)
  }
}
