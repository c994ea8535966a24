import t from 'tap'
import { answer, parseAnswer } from '../../../protocol/wire/answers.js'
import { parseRequest } from '../../../protocol/wire/requests.js'

const spawn = {
  v: 1,
  kind: 'spawn',
  token: 'a'.repeat(64),
  parentPid: null,
  name: 'worker-1',
  ttlMs: 5000,
  argv: ['sleep', '1'],
  cwd: '/',
  env: { A: 'b' },
  wait: true,
}

t.test('a whole spawn request is taken as it is', async t => {
  t.strictSame(parseRequest(spawn), { ok: true, request: spawn })
})

t.test('optional fields of a spawn may be absent', async t => {
  const { parentPid: _p, ttlMs: _t, wait: _w, ...rest } = spawn
  t.match(parseRequest(rest), { ok: true, request: { parentPid: null, ttlMs: null, wait: false } })
})

t.test('tree, stop, ping, why and history are taken', async t => {
  t.strictSame(parseRequest({ v: 1, kind: 'tree' }), { ok: true, request: { v: 1, kind: 'tree' } })
  t.strictSame(parseRequest({ v: 1, kind: 'ping' }), { ok: true, request: { v: 1, kind: 'ping' } })
  t.match(parseRequest({ v: 1, kind: 'why', subject: 'web:a' }), { ok: true, request: { subject: 'web:a' } })
  t.match(parseRequest({ v: 1, kind: 'history' }), { ok: true, request: { subject: null, since: null, most: 10_000 } })
  t.match(parseRequest({ v: 1, kind: 'stop' }), { ok: true, request: { service: null } })
  t.match(parseRequest({ v: 1, kind: 'stop', service: 'web' }), { ok: true, request: { service: 'web' } })
  t.match(parseRequest({ v: 1, kind: 'start', service: 'web' }), {
    ok: true,
    request: { service: 'web', again: false },
  })
})

t.test('an order to end names one process, alone unless it says otherwise', async t => {
  const end = { v: 1, kind: 'end', pid: 12, startTicks: 7, tree: true }
  t.strictSame(parseRequest(end), { ok: true, request: end })
  t.match(parseRequest({ v: 1, kind: 'end', pid: 12 }), { ok: true, request: { startTicks: null, tree: false } })
})

t.test('a wrong field is named with its value and the rule', async t => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ kind: 'ping' }, /v is undefined.*version 1/],
    [{ v: 2, kind: 'ping' }, /v is 2/],
    [{ v: 1 }, /kind is undefined.*spawn, tree, stop, start, end, ping/],
    [{ v: 1, kind: 'toString' }, /kind is "toString"/],
    [{ v: 1, kind: ['ping'] }, /kind is a list/],
    [{ v: 1, kind: 'ping', extra: 1 }, /"extra" is no field of ping/],
    [{ v: 1, kind: 'stop', service: '../x' }, /service is "\.\.\/x"/],
    [{ v: 1, kind: 'start' }, /service is undefined/],
    [{ v: 1, kind: 'start', service: 'web', again: 'yes' }, /again is "yes": it must be true or false/],
    [{ v: 1, kind: 'end' }, /pid is undefined/],
    [{ v: 1, kind: 'end', pid: 0 }, /pid is 0/],
    [{ v: 1, kind: 'end', pid: 1, startTicks: -1 }, /startTicks is -1/],
    [{ v: 1, kind: 'end', pid: 1, tree: 'yes' }, /tree is "yes"/],
    [{ ...spawn, token: 'short' }, /ESPALIER_TOKEN/],
    [{ ...spawn, token: 7 }, /ESPALIER_TOKEN/],
    [{ ...spawn, parentPid: '12' }, /parentPid is "12"/],
    [{ ...spawn, parentPid: 1.5 }, /parentPid is 1\.5/],
    [{ ...spawn, name: 'a b' }, /name is "a b"/],
    [{ ...spawn, name: 'n'.repeat(65) }, /1 to 64 characters/],
    [{ ...spawn, ttlMs: 0 }, /ttlMs is 0/],
    [{ ...spawn, ttlMs: 2 ** 53 }, /ttlMs is/],
    [{ ...spawn, argv: [] }, /argv must be/],
    [{ ...spawn, argv: [''] }, /argv must be/],
    [{ ...spawn, argv: ['a', 1] }, /argv must be/],
    [{ ...spawn, argv: ['a\0b'] }, /argv must be/],
    [{ ...spawn, argv: 'sleep 1' }, /argv must be/],
    [{ ...spawn, cwd: 'relative' }, /cwd is "relative"/],
    [{ ...spawn, env: { 'A=B': 'c' } }, /env must be/],
    [{ ...spawn, env: { A: 1 } }, /env must be/],
    [{ ...spawn, env: [] }, /env must be/],
    [{ ...spawn, wait: 'yes' }, /wait is "yes"/],
    [{ v: 1, kind: 'why' }, /subject is undefined.*a decision, a pid, a name/],
    [{ v: 1, kind: 'why', subject: 'a:b:c' }, /subject is "a:b:c"/],
    [{ v: 1, kind: 'history', since: -1 }, /since is -1/],
    [{ v: 1, kind: 'history', exitCode: 'x' }, /exitCode is "x"/],
    [{ v: 1, kind: 'history', reason: 'bored' }, /reason is "bored".*cascade/],
    [{ v: 1, kind: 'history', most: 10_001 }, /most is 10001/],
  ]
  for (const [frame, message] of cases) {
    const parsed = parseRequest(frame as Readonly<Record<string, unknown>>)
    t.match(parsed, { ok: false, message }, String(message))
  }
})

t.test('a message never repeats a token', async t => {
  const parsed = parseRequest({ ...spawn, token: 'SECRET'.repeat(11) })
  t.notMatch(JSON.stringify(parsed), /SECRET/)
})

t.test('answers of a known kind and version are taken, others are not', async t => {
  const pong = answer('pong', { pid: 7 })
  t.strictSame(parseAnswer({ ...pong }), pong)
  t.equal(parseAnswer({ v: 2, kind: 'pong' }), null)
  t.equal(parseAnswer({ v: 1, kind: 'valueOf' }), null)
})
