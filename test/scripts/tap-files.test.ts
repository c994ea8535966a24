/** The runner hears each way in which a test file can go wrong. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { PROJECT_ROOT } from '../support/root.js'

interface Options {
  readonly jobs: number
  readonly timeoutMs: number
  readonly env: NodeJS.ProcessEnv
  onLine(line: string): void
}

interface Runner {
  runFiles(files: readonly string[], options: Options): Promise<void>
}

const { runFiles }: Runner = await import(pathToFileURL(join(PROJECT_ROOT, 'scripts/tap-files.mjs')).href)

/** Runs one file with this text; gives the stream without times and without the folder's name. */
async function run(t: Test, text: string, timeoutMs = 60_000): Promise<string[]> {
  const folder = t.testdir()
  const file = join(folder, 'a.test.cjs')
  writeFileSync(file, text)
  const lines: string[] = []
  await runFiles([file], { jobs: 2, timeoutMs, env: { ...process.env }, onLine: line => lines.push(line) })
  return lines.filter(line => line !== '').map(line => line.replace(file, 'FILE').replace(/time=\d+ms/, 'time'))
}

t.test('the lines of a file stand below its own point', async t => {
  const lines = await run(t, "console.log('ok 1 - fine\\n1..1')")
  t.same(lines, ['    ok 1 - fine', '    1..1', 'ok 1 - FILE # time'])
})

t.test('a file that exits with another code than 0 is not ok', async t => {
  const lines = await run(t, "console.log('not ok 1\\n1..1'); process.exitCode = 7")
  t.same(lines.slice(-2), ['    # it exited with 7', 'not ok 1 - FILE # time'])
})

t.test('a file that exits with 0 before its plan is not ok', async t => {
  const lines = await run(t, "console.log('ok 1'); process.exit(0)")
  t.same(lines.slice(-2), ['    # it ended before its plan', 'not ok 1 - FILE # time'])
})

t.test('a file that a signal ends is not ok', async t => {
  const lines = await run(t, "process.kill(process.pid, 'SIGKILL')")
  t.same(lines, ['    # it was ended by SIGKILL', 'not ok 1 - FILE # time'])
})

t.test('a file that does not end is ended', async t => {
  const lines = await run(t, "console.log('1..1'); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)", 500)
  t.same(lines.slice(-2), ['    # it did not end within 0.5 s', 'not ok 1 - FILE # time'])
})

t.test('a file that leaves a process with its output is not ok', async t => {
  const left =
    "const { spawn } = require('node:child_process'); const left = spawn('sleep', ['60'], { stdio: 'inherit' })"
  const lines = await run(t, `${left}; left.unref(); console.log('# left ' + left.pid + '\\n1..1')`)
  t.same(lines.slice(-2), ['    # it ended, and left a process that holds its output', 'not ok 1 - FILE # time'])
  process.kill(Number(/left (\d+)/.exec(lines.join('\n'))?.[1]), 'SIGKILL')
})

t.test('as many files run at a time as there are jobs, and each is told once', async t => {
  const folder = t.testdir()
  const files = Array.from({ length: 5 }, (_, n) => join(folder, `${n}.test.cjs`))
  for (const file of files) writeFileSync(file, "console.log('ok 1\\n1..1')")
  const points: string[] = []
  await runFiles(files, {
    jobs: 2,
    timeoutMs: 60_000,
    env: { ...process.env },
    onLine: line => /^ok/.test(line) && points.push(line.replace(/^ok \d+ - (.*) # .*$/, '$1')),
  })
  t.same([...points].sort(), files)
})
