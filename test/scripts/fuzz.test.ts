/** The keeper's decoders under sanitizers, for a moment and with another seed each time; and what the fuzzer may never send. */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { PID_MAX } from '../../protocol/ids.js'
import { PROJECT_ROOT } from '../support/root.js'

const SCRIPT = join(PROJECT_ROOT, 'scripts/fuzz.mjs')
const SPAWN = 3
const KINDS_AT = 9 + 44
const TEXTS_AT = 9 + 59
const TAKE = 12
const STRAY_BYTES = 12

t.test('a keeper bears wrong bytes on its link, its spawn socket and in its journal', async t => {
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, '--seconds', '3'], { encoding: 'utf8' })
  t.comment(stdout.split('\n')[0] ?? '')
  // 2: there is no compiler with sanitizers here.
  t.ok(status === 0 || status === 2, stdout)
})

t.test('no spawn that the fuzzer sends opens a file or says a text of chance', async t => {
  const { disarm } = await import(pathToFileURL(join(PROJECT_ROOT, 'scripts/fuzz/frames.mjs')).href)
  const frame = Buffer.alloc(TEXTS_AT + 40, 'z')
  frame.writeUInt32LE(frame.length - 4, 0)
  frame[4] = SPAWN
  frame.fill(2, KINDS_AT, KINDS_AT + 3)
  // Behind a frame of another type, and once more behind the first: wherever a keeper would find it.
  const ping = Buffer.from([5, 0, 0, 0, 10, 0, 0, 0, 0])
  const bytes: Buffer = disarm(() => 0, Buffer.concat([ping, frame, frame]))
  for (const at of [ping.length, ping.length + frame.length]) {
    t.same([...bytes.subarray(at + KINDS_AT, at + KINDS_AT + 3)], [1, 1, 1])
    t.notOk(bytes.subarray(at + TEXTS_AT, at + frame.length).includes('z'))
  }
})

t.test('whom the fuzzer tells a keeper of can be nobody', async t => {
  const { disarm } = await import(pathToFileURL(join(PROJECT_ROOT, 'scripts/fuzz/frames.mjs')).href)
  const strays = 3
  const frame = Buffer.alloc(9 + strays * STRAY_BYTES)
  frame.writeUInt32LE(frame.length - 4, 0)
  frame[4] = TAKE
  const bytes: Buffer = disarm(() => 0, frame)
  for (let at = 9; at < bytes.length; at += STRAY_BYTES) t.ok(bytes.readUInt32LE(at) > PID_MAX)
})
