/** What a keeper writes of the output of its children, and what it does where it cannot. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { encodeCommand } from '../../protocol/keeper/frames.js'
import { privateFolder } from '../support/folder.js'
import { checkKeeper as check, greeted, type RawLink, startRawKeeper } from '../support/keeper.js'
import { keepLog, logFiles, logLines } from '../support/log.js'
import { eventually, isRunning } from '../support/processes.js'

const LOGGED = { stdio: ['null', { label: 'web' }, { label: 'web' }] } as const

const KILL = 9

/** A linked keeper that logs into a folder of its own. */
async function open(t: Test, bounds = {}): Promise<{ link: RawLink; folder: string; keeper: { pid: number } }> {
  const top = privateFolder(t)
  const folder = join(top, 'service-web')
  const keeper = await startRawKeeper(t)
  const link = await greeted(keeper)
  keepLog(link, folder, bounds)
  return { link, folder, keeper }
}

/** Runs a script to its end; answers its pid. */
async function run(link: RawLink, id: number, script: string): Promise<number> {
  link.spawn(id, script, LOGGED)
  return (await link.heard('exit', id)).fields.pid
}

/** How many lines and bytes the marks of a log count. */
function lostIn(lines: readonly string[]): { readonly lines: number; readonly errnos: readonly number[] } {
  const found = lines.map(line => /^- 0 lost (\d+) \d+ (\d+)$/.exec(line)).filter(mark => mark !== null)
  return { lines: found.reduce((sum, mark) => sum + Number(mark[1]), 0), errnos: found.map(mark => Number(mark[2])) }
}

check('what a child has said is in the log when its exit is told, each line with its time and whose it is', async t => {
  const { link, folder } = await open(t)
  const pid = await run(link, 1, 'echo one; echo two >&2; echo; printf three')
  const lines = logLines(folder)
  t.same(
    lines.filter(line => line.includes(' out')),
    [`web ${pid} out one`, `web ${pid} out `, `web ${pid} out+ three`, `web ${pid} out `],
  )
  t.same(
    lines.filter(line => line.includes(' err')),
    [`web ${pid} err two`],
  )
  const [first] = readFileSync(join(folder, '0000000001.log'), 'utf8').split('\n')
  t.ok(Math.abs(Date.parse(first.slice(0, 24)) - Date.now()) < 60_000)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  t.equal(statSync(join(folder, '0000000001.log')).mode & 0o777, 0o600)
})

check('files are as large as they may be and as many, and nothing is lost between two of them', async t => {
  const { link, folder } = await open(t, { maxBytes: 10_000, files: 3 })
  await run(link, 1, 'i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done')
  const names = logFiles(folder)
  t.equal(names.length, 3)
  for (const name of names) t.ok(statSync(join(folder, name)).size <= 10_000)
  const numbers = logLines(folder).map(line => Number(line.split(' ').at(-1)))
  t.same(
    numbers,
    numbers.map((_, at) => 2000 - numbers.length + at),
  )
  t.ok(numbers.length > 300)
})

check('a line longer than a read is one line in pieces, and one longer than a file is kept whole', async t => {
  const { link, folder } = await open(t, { maxBytes: 1000, files: 1000 })
  const pid = await run(link, 1, "head -c 200000 /dev/zero | tr '\\0' x; echo; echo done")
  const lines = logLines(folder)
  const text = lines.slice(0, -1).map(line => line.slice(`web ${pid} out `.length).trim())
  t.equal(text.join('').length, 200_000)
  t.ok(lines.slice(0, -2).every(line => line.startsWith(`web ${pid} out+ x`)))
  t.equal(lines.at(-1), `web ${pid} out done`)
})

check('without a daemon a child is logged as before, and none of its lines is lost', async t => {
  const { link, folder, keeper } = await open(t)
  link.spawn(1, 'i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done; exec sleep 100', LOGGED)
  await link.heard('started', 1)
  await eventually('it writes', () => logFiles(folder).length > 0 && logLines(folder).length > 10)
  link.socket.destroy()
  await eventually('it has written all', () => logLines(folder).length === 20_000)
  t.same(
    logLines(folder).map(line => Number(line.split(' ').at(-1))),
    Array.from({ length: 20_000 }, (_, at) => at),
  )
  t.ok(isRunning(keeper.pid))
})

check('all services together have a bound: the file goes that was written to the longest ago', async t => {
  const { link, folder } = await open(t, { maxBytes: 10_000, totalBytes: 50_000, files: 100 })
  const other = join(folder, '..', 'service-other')
  mkdirSync(other, { recursive: true })
  const old = ['0000000001.log', '0000000002.log'].map(name => join(other, name))
  old.forEach((file, at) => {
    writeFileSync(file, 'x'.repeat(20_000))
    utimesSync(file, 1000 + at, 1000 + at)
  })
  writeFileSync(join(other, 'letter.txt'), 'x'.repeat(100_000))
  await run(link, 1, 'i=0; while [ $i -lt 400 ]; do echo $i; i=$((i+1)); done')
  t.same(logFiles(other), ['0000000002.log', 'letter.txt'], 'the oldest, and nothing that is no log')
  await run(link, 2, 'i=0; while [ $i -lt 4000 ]; do echo $i; i=$((i+1)); done')
  t.same(logFiles(other), ['letter.txt'])
  const bytes = logFiles(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  t.ok(bytes > 30_000 && bytes <= 52_500, `${bytes} bytes`)
})

check('a full disk blocks nobody: the oldest lines go, and where they would stand they are counted', async t => {
  const disk = privateFolder(t)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk]).status !== 0) {
    return void t.pass('only root can make a small disk')
  }
  t.teardown(() => spawnSync('umount', ['-l', disk]))
  const { link } = await open(t)
  const folder = join(disk, 'service-web')
  keepLog(link, folder, { files: 2, maxBytes: 10_000_000 })
  await run(link, 1, 'i=0; while [ $i -lt 200000 ]; do echo $i; i=$((i+1)); done')
  t.ok(statSync(join(folder, '0000000001.log')).size <= 256 * 1024)
  spawnSync('mount', ['-o', 'remount,size=64m', disk])
  await eventually('what was held is written', () => logLines(folder).at(-1)?.endsWith(' out 199999') === true)
  const lines = logLines(folder)
  const { lines: lost, errnos } = lostIn(lines)
  t.ok(lost > 0)
  t.ok(errnos.every(errno => errno === 28))
  const numbers = lines.filter(line => !line.includes(' lost ')).map(line => Number(line.split(' ').at(-1)))
  t.equal(numbers.length + lost, 200_000)
  t.ok(
    numbers.every((number, at) => at === 0 || number > numbers[at - 1]),
    'in order, each whole',
  )
})

check('a file that may not grow is followed by another', async t => {
  const { link, folder, keeper } = await open(t, { maxBytes: 1_000_000 })
  if (spawnSync('prlimit', ['--pid', String(keeper.pid), '--fsize=50000']).status !== 0) {
    return void t.pass('there is no prlimit')
  }
  await run(link, 1, 'i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done')
  await eventually('all is there', () => logLines(folder).length === 3000)
  t.same(
    logLines(folder).map(line => Number(line.split(' ').at(-1))),
    Array.from({ length: 3000 }, (_, at) => at),
  )
  t.ok(logFiles(folder).length > 1)
})

check('files that somebody removes are made anew, the folder too', async t => {
  const { link, folder } = await open(t)
  await run(link, 1, 'echo one')
  rmSync(folder, { recursive: true })
  const pid = await run(link, 2, 'echo two')
  t.same(logLines(folder), [`web ${pid} out two`])
})

check('half a line that was left is ended, and two keepers of one service have each a file', async t => {
  const { link, folder } = await open(t)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '0000000007.log'), '2026-01-31T12:00:00.000Z web 1 out ha')
  await run(link, 1, 'echo one')
  t.same(logFiles(folder), ['0000000007.log'])
  t.equal(logLines(folder)[0], 'web 1 out ha')
  const second = await greeted(await startRawKeeper(t))
  keepLog(second, folder)
  await run(second, 1, 'echo two')
  await run(link, 2, 'echo three')
  t.same(logFiles(folder), ['0000000007.log', '0000000008.log'])
  t.same(
    logLines(folder).map(line => line.split(' ').at(-1)),
    ['ha', 'one', 'three', 'two'],
  )
})

check('a label that could pass for another line is refused, and so is a log without a place', async t => {
  const { link } = await open(t)
  for (const [at, label] of ['', 'a b', 'a\nb', 'x'.repeat(130)].entries()) {
    link.spawn(at + 1, 'true', { stdio: ['null', { label }, 'null'] })
    t.match(await link.heard('failed', at + 1), { fields: { step: 7 } })
  }
  const bare = await greeted(await startRawKeeper(t))
  bare.spawn(1, 'true', LOGGED)
  t.match(await bare.heard('failed', 1), { fields: { step: 7 } })
})

check('a keeper that follows one that was killed logs on what that has left, and loses nothing', async t => {
  const { link, folder, keeper } = await open(t)
  link.spawn(1, 'i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; exec sleep 100', LOGGED)
  const { pid, startTicks } = (await link.heard('started', 1)).fields
  await eventually('it writes', () => logFiles(folder).length > 0 && logLines(folder).length > 10)
  process.kill(keeper.pid, KILL)
  await eventually('the keeper is gone', () => !isRunning(keeper.pid))
  const next = await greeted(await startRawKeeper(t))
  keepLog(next, folder)
  const label = new TextEncoder().encode('web\0')
  // Told twice, it is read once.
  for (let time = 0; time < 2; time++) next.send(encodeCommand('log_stray', 0, { pid, startTicks }, label))
  await eventually('it has written all', () => logLines(folder).at(-1)?.endsWith(' 2999') === true)
  const numbers = logLines(folder).map(line => Number(line.split(' ').at(-1)))
  t.same(
    numbers,
    Array.from({ length: 3000 }, (_, at) => at),
  )
  process.kill(pid, KILL)
  await eventually('it is gone', () => !isRunning(pid))
})
