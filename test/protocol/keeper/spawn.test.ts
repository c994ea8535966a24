import t from 'tap'
import { sizeOf } from '../../../protocol/keeper/layout.js'
import {
  COMMANDS,
  KEEPER_FLAGS,
  KEEPER_FRAME_BYTES_MAX,
  SPAWN_TEXT_BYTES_MAX,
} from '../../../protocol/keeper/messages.js'
import { encodeSpawn, type SpawnOrder } from '../../../protocol/keeper/spawn.js'

const ORDER: SpawnOrder = {
  key: 5,
  parentId: 0,
  argv: ['true'],
  env: ['A=b'],
  cwd: '/',
  stdio: ['null', 'pipe', { path: '/log' }],
  noNewPrivileges: true,
  user: null,
  nice: null,
  limits: [],
  ttlMs: 7,
  word: 'kept',
}

t.test('the texts of a spawn end in NUL: directory, arguments, variables, files', async t => {
  const frames = framesOf(1, ORDER)
  t.equal(frames.length, 1)
  t.equal(Buffer.from(frames[0].subarray(9 + sizeOf(COMMANDS.spawn.fields))).toString(), '/\0true\0A=b\0/log\0kept')
})

t.test('lists come before the texts, and a negative nice as the kernel reads it', async t => {
  const order = {
    ...ORDER,
    nice: -5,
    user: { uid: 1, gid: 2, groups: [3] },
    limits: [{ resource: 7, soft: 1, hard: 2 }],
  }
  const [frame] = framesOf(1, order)
  const view = new DataView(frame.buffer, 9)
  t.equal(view.getInt32(8 + 4 + 4 + 8, true), -5)
  t.equal(view.getUint32(12, true) & KEEPER_FLAGS.spawn_user, KEEPER_FLAGS.spawn_user)
  const tail = new DataView(frame.buffer, 9 + sizeOf(COMMANDS.spawn.fields))
  t.equal(tail.getUint32(0, true), 3)
  t.equal(tail.getUint32(4, true), 7)
})

t.test('texts that one frame cannot hold come before it in frames of their own', async t => {
  for (const length of [65_000, 65_536, 131_072, 1_000_000]) {
    const order = { ...ORDER, argv: ['true', 'x'.repeat(length)] }
    const frames = framesOf(9, order)
    t.ok(frames.length > 1 || length === 65_000)
    t.ok(frames.every(frame => frame.length <= KEEPER_FRAME_BYTES_MAX + 4))
    t.same(new Set(frames.slice(0, -1).map(frame => frame[4])), new Set(frames.length > 1 ? [COMMANDS.text.type] : []))
    t.equal(frames.at(-1)?.[4], COMMANDS.spawn.type)
    const text = frames.map((frame, at) =>
      frame.subarray(9 + (at < frames.length - 1 ? 0 : sizeOf(COMMANDS.spawn.fields))),
    )
    t.equal(Buffer.concat(text).toString(), `/\0true\0${'x'.repeat(length)}\0A=b\0/log\0kept`)
  }
})

t.test('more text than the kernel takes is E2BIG before it is sent', async t => {
  t.same(encodeSpawn(1, { ...ORDER, argv: ['x'.repeat(SPAWN_TEXT_BYTES_MAX)] }), { ok: false, problem: 'E2BIG' })
})

function framesOf(id: number, order: SpawnOrder): readonly Uint8Array[] {
  const frames = encodeSpawn(id, order)
  if (!frames.ok) throw new Error(frames.problem)
  return frames.value
}
