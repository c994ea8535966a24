import { appendFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { logFilesIn, logFolder, loggedServices } from '../../../src/logs/folder.js'
import type { LogLine } from '../../../src/logs/line.js'
import { readTogether } from '../../../src/logs/merge.js'
import { type LogStart, LogTail } from '../../../src/logs/tail.js'

const TIME = '2026-01-31T12:00:00.000Z'

/** A log of a service, written by hand. */
function log(t: Test, service = 'web', state = t.testdir()) {
  const folder = logFolder({ stateDirectory: state, runtimeDirectory: '/r' }, service)
  mkdirSync(folder, { recursive: true })
  const path = (number: number) => join(folder, `${String(number).padStart(10, '0')}.log`)
  return {
    folder,
    path,
    write: (number: number, ...lines: readonly string[]) =>
      appendFileSync(path(number), lines.map(line => `${TIME} ${line}\n`).join('')),
    tail(start: LogStart = 'oldest') {
      const tail = new LogTail(service, folder, start)
      t.teardown(() => tail.close())
      return tail
    },
  }
}

function all(tail: LogTail): readonly LogLine[] {
  const lines: LogLine[] = []
  for (let some = tail.next(); some.length > 0; some = tail.next()) lines.push(...some)
  return lines
}

const texts = (lines: readonly LogLine[]) => lines.map(({ text }) => text)

t.test('a line is read with its time, its label, its pid and its stream', async t => {
  const { write, tail } = log(t)
  write(1, 'web:worker 42 err a text', 'web 7 out ', '- 0 lost 3 99 28')
  t.same(all(tail()), [
    { time: TIME, service: 'web', label: 'web:worker', pid: 42, stream: 'err', text: 'a text' },
    { time: TIME, service: 'web', label: 'web', pid: 7, stream: 'out', text: '' },
    { time: TIME, service: 'web', label: 'web', pid: 0, stream: 'lost', text: '3 99 28' },
  ])
})

t.test('reading goes on over files that are begun and removed, and tells of those it never saw', async t => {
  const { write, path, tail } = log(t)
  write(1, 'web 7 out one')
  const reader = tail()
  t.same(texts(all(reader)), ['one'])
  write(1, 'web 7 out two')
  write(2, 'web 7 out three')
  rmSync(path(1))
  t.same(texts(all(reader)), ['two', 'three'], 'what was removed is read to its end')
  write(5, 'web 7 out six')
  t.same(texts(all(reader)), ['six'])
  t.equal(reader.missing, 2)
  t.equal(reader.missing, 0, 'told once')
})

t.test('a file that another keeper writes beside the newest one is read too', async t => {
  const { write, tail } = log(t)
  write(1, 'web 7 out one')
  write(2, 'web 8 out two')
  const reader = tail()
  t.same(texts(all(reader)), ['one', 'two'])
  write(1, 'web 7 out three')
  t.same(texts(all(reader)), ['three'])
})

t.test('from now on only what comes is read; since a time only files that were written to since', async t => {
  const { write, path, tail } = log(t)
  write(1, 'web 7 out old')
  utimesSync(path(1), 1000, 1000)
  write(2, 'web 7 out new')
  const reader = tail('now')
  t.same(all(reader), [])
  write(2, 'web 7 out newer')
  t.same(texts(all(reader)), ['newer'])
  t.same(texts(all(tail({ sinceMs: Date.now() - 60_000 }))), ['new', 'newer'])
})

t.test('half a line waits for the rest of it', async t => {
  const { path, tail } = log(t)
  appendFileSync(path(1), `${TIME} web 7 o`)
  const reader = tail()
  t.same(all(reader), [])
  appendFileSync(path(1), 'ut whole\n')
  t.same(texts(all(reader)), ['whole'])
})

t.test('pieces become one line, each stream of each process by itself, and characters are not torn', async t => {
  const { path, write, tail } = log(t)
  const [first, second] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä').subarray(1)]
  appendFileSync(path(1), Buffer.concat([Buffer.from(`${TIME} web 7 out+ a`), first, Buffer.from('\n')]))
  write(1, 'web 7 err other', 'web 8 out+ begun')
  appendFileSync(path(1), Buffer.concat([Buffer.from(`${TIME} web 7 out `), second, Buffer.from('b\r\n')]))
  const reader = tail()
  t.same(texts(all(reader)), ['other', 'aäb'])
  t.same(texts(reader.flush()), ['begun'])
})

t.test('a line without end comes in parts, and its end adds none', async t => {
  const { write, tail } = log(t)
  for (let piece = 0; piece < 3; piece++) write(1, `web 7 out+ ${'x'.repeat(60_000)}`)
  write(1, 'web 7 out ', 'web 7 out next')
  const lines = texts(all(tail()))
  t.equal(lines.at(-1), 'next')
  t.equal(lines.slice(0, -1).join('').length, 180_000)
  t.ok(lines.every(line => line.length > 0 && line.length <= 8192))
})

t.test('where lines are missing, no line is joined over the gap', async t => {
  const { write, tail } = log(t)
  write(1, 'web 7 out+ begun', '- 0 lost 1 10 28', 'web 7 out ended')
  t.same(texts(all(tail())), ['begun', '1 10 28', 'ended'])
})

t.test('what no keeper wrote is shown as it is', async t => {
  const { path, tail, write } = log(t)
  write(1, 'web 7 out one')
  appendFileSync(path(1), 'not a line of ours\n')
  writeFileSync(join(path(1), '..', 'notes.txt'), `${TIME} web 7 out no\n`)
  t.match(all(tail()), [{ text: 'one' }, { text: 'not a line of ours', time: TIME, pid: 0 }])
})

t.test('services are listed by their folders, and read together in the order of time', async t => {
  const state = t.testdir()
  const [a, b] = [log(t, 'a', state), log(t, '..', state)]
  const place = { stateDirectory: state, runtimeDirectory: '/r' }
  t.same(loggedServices(place), ['..', 'a'])
  t.same(loggedServices({ ...place, runtimeDirectory: '/other' }), [], 'of this runtime directory')
  t.same(loggedServices({ ...place, stateDirectory: join(state, 'nowhere') }), [])
  t.same(logFilesIn(join(state, 'nowhere')), [])
  appendFileSync(a.path(1), '2026-01-31T12:00:01.000Z a 1 out 1\n2026-01-31T12:00:03.000Z a 1 out 3\n')
  appendFileSync(b.path(1), '2026-01-31T12:00:02.000Z .. 2 out 2\n2026-01-31T12:00:04.000Z .. 2 out 4\n')
  t.same(texts([...readTogether([a.tail(), b.tail()])]), ['1', '2', '3', '4'])
})
