/** Frames for a keeper's link: most of them nearly right, none that could name a file or a process which is not its own. */

import { readFileSync } from 'node:fs'
import { noise } from './random.mjs'

const WIRE = readFileSync(new URL('../../native/wire.h', import.meta.url), 'utf8')
const VERSION = Number(/WIRE_VERSION (\d+)u/.exec(WIRE)[1])
const SPAWN_BYTES = 59
const COUNTS_AT = 28
const KINDS_AT = 44
const LOGS_BYTES = 20
const STRAY_BYTES = 12
const COMMANDS = {
  config: 2, spawn: 3, text: 4, ack: 5, signal: 6, end: 7, opened: 8, quit: 9, status: 10, answer: 11, take: 12, logs: 13, logStray: 14,
}

/** What a spawn may say, with its counts of groups, limits, arguments, variables. None lives without its keeper. */
const PLANS = [
  { counts: [0, 0, 1, 1], tail: Buffer.from('/\0/bin/true\0A=b\0') },
  { counts: [0, 0, 1, 2], tail: Buffer.from('/\0cat\0PATH=/bin:/usr/bin:\0A=b\0') },
  { counts: [0, 0, 2, 0], tail: Buffer.from('/\0/bin/true\0\0') },
  { counts: [0, 0, 1, 0], tail: Buffer.from('/\0/bin/ls\0web:a\0web:a\0') },
  { counts: [2, 1, 1, 0], tail: Buffer.concat([integers(1 << 16, 1 << 17), integers(7, 64, 0, 64, 0), Buffer.from('/\0true\0')]) },
]
const SHREDS = Buffer.from('/\0true\0A=b\0\0/bin/true\0=\0\0\0\0')

/** The frame that every link begins with; rarely one of another version. */
export function hello(random, pid) {
  const fields = Buffer.alloc(24)
  fields.writeUInt32LE(random(20) === 0 ? 99 : VERSION, 0)
  fields.writeUInt32LE(pid, 4)
  return frame(1, 0, fields)
}

/** A spawn of this command, as it should be. */
export function plainSpawn(id, command) {
  const tail = Buffer.from(['/', ...command, ''].join('\0'))
  return frame(COMMANDS.spawn, id, Buffer.concat([spawnFields(id, [0, 0, command.length, 0]), tail]))
}

/** A short grace, so that an end by SIGTERM does not wait. */
export function plainConfig() {
  return frame(COMMANDS.config, 0, Buffer.concat([integers(60_000, 20), Buffer.from([1])]))
}

/** What one daemon says after its hello. `ids` are numbers worth naming. */
export function conversation(random, ids) {
  const frames = []
  for (let count = random(14); count >= 0; count--) {
    const types = Object.values(COMMANDS)
    let type = random(10) === 0 ? random(256) : types[random(types.length)]
    // Those two are obeyed, and the keeper is gone: seldom.
    if ((type === COMMANDS.end || type === COMMANDS.quit) && random(20) > 0) type = COMMANDS.spawn
    const one = frame(type, ids[random(ids.length)], mutate(random, bodyOf(random, type, ids)))
    if (random(15) === 0) one.writeUInt32LE(random(2) === 0 ? random(2 ** 31) : random(70_000), 0)
    frames.push(one)
  }
  return disarm(random, Buffer.concat(frames))
}

/**
 * Takes the stream apart as a keeper does, and leaves no spawn in it that opens a file (kinds: null, pipe or log), nor one that
 * says other texts than ours; logs lie in the keeper's own folder, no pipe of another process is opened, and none is taken for kin.
 */
export function disarm(random, bytes) {
  for (let at = 0; bytes.length - at >= 9; ) {
    const length = bytes.readUInt32LE(at)
    const end = at + 4 + length
    if (length < 5 || end > bytes.length) break
    const type = bytes[at + 4]
    const body = bytes.subarray(at + 9, end)
    if (type === COMMANDS.text) retell(random, body)
    if (type === COMMANDS.logs && body.length > LOGS_BYTES) body.fill('l', LOGS_BYTES).fill(0, body.length - 1)
    if (type === COMMANDS.logStray && body.length >= 4) body.writeUInt32LE(nobody(random), 0)
    // Whom it is told of, and who bears that number as a session's or group's, a keeper ends with its service.
    if (type === COMMANDS.take) for (let of = 0; of + 4 <= body.length; of += STRAY_BYTES) body.writeUInt32LE(nobody(random), of)
    if (type === COMMANDS.spawn && body.length >= SPAWN_BYTES) {
      for (let kind = KINDS_AT; kind < KINDS_AT + 3; kind++) body[kind] = body[kind] === 2 ? 1 : body[kind]
      retell(random, body.subarray(SPAWN_BYTES))
    }
    at = end
  }
  return bytes
}

/** Past every pid that there can be (2^22). */
function nobody(random) {
  return 2 ** 30 + random(1000)
}

function retell(random, tail) {
  if (PLANS.some(plan => tail.equals(plan.tail.subarray(0, tail.length)))) return
  const from = random(SHREDS.length)
  for (let at = 0; at < tail.length; at++) tail[at] = SHREDS[(from + at) % SHREDS.length]
}

function bodyOf(random, type, ids) {
  const some = () => integers(...Array.from({ length: random(4) }, () => ids[random(ids.length)]))
  if (type === COMMANDS.spawn) {
    const { counts, tail } = PLANS[random(PLANS.length)]
    const fields = spawnFields(random(1000), counts)
    fields.writeUInt32LE(ids[random(ids.length)], 8)
    fields.writeUInt32LE(random(16), 12)
    for (let kind = KINDS_AT; kind < KINDS_AT + 3; kind++) fields[kind] = [0, 1, 3][random(3)]
    fields.writeUInt32LE(random(3) === 0 ? random(50) : 0, 47)
    return Buffer.concat([fields, tail])
  }
  if (type === COMMANDS.config) return Buffer.concat([integers(60_000, random(200)), Buffer.from([1])])
  if (type === COMMANDS.ack) return integers(random(500), 0)
  if (type === COMMANDS.signal) return Buffer.concat([Buffer.from([random(65), random(4), random(9)]), some()])
  if (type === COMMANDS.end) return Buffer.concat([integers(random(3000)), Buffer.from([random(9)]), some()])
  if (type === COMMANDS.take) return integers(...Array.from({ length: random(3) * 3 }, () => random(1000)))
  if (type === COMMANDS.logs) return Buffer.concat([integers(random(5000), 0, random(50_000), 0, random(4)), Buffer.from('l\0')])
  if (type === COMMANDS.logStray) return Buffer.concat([integers(random(1000), 0, 0), Buffer.from('web\0')])
  if (type === COMMANDS.answer) return Buffer.concat([Buffer.from([random(2)]), noise(random, random(3) * 100)])
  if (type === COMMANDS.text) return Buffer.alloc([0, 0, 1, 40, 60_000][random(5)])
  return random(4) === 0 ? noise(random, random(40)) : Buffer.alloc(0)
}

function spawnFields(key, counts) {
  const fields = Buffer.alloc(SPAWN_BYTES)
  fields.writeUInt32LE(key, 0)
  integers(...counts).copy(fields, COUNTS_AT)
  return fields
}

/** Mostly as it is; else some bytes changed, the end cut off, or more put behind it. */
function mutate(random, bytes) {
  const copy = Buffer.from(bytes)
  if (random(2) === 0) return copy
  for (let count = random(4); count > 0 && copy.length > 0; count--) copy[random(copy.length)] = random(256)
  if (random(5) === 0) return copy.subarray(0, random(copy.length + 1))
  return random(5) === 0 ? Buffer.concat([copy, noise(random, random(300))]) : copy
}

function frame(type, id, fields) {
  const head = Buffer.alloc(9)
  head.writeUInt32LE(5 + fields.length, 0)
  head[4] = type
  head.writeUInt32LE(id, 5)
  return Buffer.concat([head, fields])
}

function integers(...values) {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, at) => bytes.writeUInt32LE(value >>> 0, 4 * at))
  return bytes
}
