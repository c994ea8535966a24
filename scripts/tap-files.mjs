/**
 * Runs test files, each a process that prints TAP, and tells their streams as one.
 *
 * Not `tap run`: that gives every test file loaders, by its arguments and by NODE_OPTIONS, and each host thread and each
 * `espalier` that a test starts loads them too. 24 examples took 18 s with it and take 2.3 s without.
 */

import { spawn } from 'node:child_process'

/** From the request to end until it is killed, and from its end until its output must have ended too, in ms. */
const GRACE_MS = 3_000

/**
 * Runs `files`, `jobs` at a time, in their order. `onLine` hears a stream as tap nests it: the lines of one file indented,
 * then its own point; files in the order in which they end. A file is not ok that takes longer than `timeoutMs`, exits other than with 0, ends
 * before its plan, or leaves a process that holds its output.
 */
export async function runFiles(files, { jobs, timeoutMs, env, onLine }) {
  const waiting = [...files]
  let number = 0
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const { lines, trouble, ms } = await runFile(file, { timeoutMs, env })
      number++
      for (const line of lines) onLine(line === '' ? '' : `    ${line}`)
      if (trouble !== null) onLine(`    # ${trouble}`)
      onLine(`${trouble === null ? 'ok' : 'not ok'} ${number} - ${file} # time=${ms.toFixed(0)}ms`)
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}

function runFile(file, { timeoutMs, env }) {
  return new Promise(resolve => {
    const begunMs = performance.now()
    const child = spawn(process.execPath, ['--enable-source-maps', file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    let late = null
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', piece => {
      text += piece
    })
    const timers = [
      setTimeout(() => {
        late = `it did not end within ${timeoutMs / 1000} s`
        child.kill('SIGTERM')
      }, timeoutMs),
      setTimeout(() => child.kill('SIGKILL'), timeoutMs + GRACE_MS),
    ]
    child.on('exit', () => {
      timers.push(
        setTimeout(() => {
          late ??= 'it ended, and left a process that holds its output'
          child.stdout.destroy()
        }, GRACE_MS),
      )
    })
    child.on('close', (code, signal) => {
      for (const timer of timers) clearTimeout(timer)
      const lines = text.split('\n')
      const planned = lines.some(line => /^1\.\.\d+/.test(line))
      const trouble =
        late ?? (signal !== null ? `it was ended by ${signal}` : code !== 0 ? `it exited with ${code}` : planned ? null : 'it ended before its plan')
      resolve({ lines, trouble, ms: performance.now() - begunMs })
    })
  })
}
