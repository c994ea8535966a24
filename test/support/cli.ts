/** The compiled command line as a process of its own, in a clean environment and a runtime directory of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { eventually, isRunning } from './processes.js'

/** The compiled bin beside the compiled tests. */
export const CLI_FILE: string = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

/** How a command ended and what it said. */
export interface Outcome {
  /** Exit code, or 128 + the signal. */
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly child: ChildProcess
  readonly pid: number
  /** What it has said so far. */
  readonly out: () => string
  readonly err: () => string
  readonly ended: Promise<Outcome>
  /** Resolves when its output matches; rejects after 30 s or when it has ended without. */
  says(pattern: RegExp): Promise<RegExpExecArray>
}

function cleanEnvironment(runtimeDir: string, more: Readonly<Record<string, string>>): Record<string, string> {
  const launcher = process.env.ESPALIER_LAUNCHER
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: runtimeDir,
    ESPALIER_RUNTIME_DIR: runtimeDir,
    ...(launcher === undefined ? {} : { ESPALIER_LAUNCHER: launcher }),
    ...more,
  }
}

/** Starts `espalier ARGS`; the test ends it, and with it everything below, if it has not ended by itself. */
export function startCli(
  t: Test,
  runtimeDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  // Whatever environment it is given, tap puts a loader into NODE_OPTIONS, which doubles the time of a start.
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, CLI_FILE, ...args], {
    cwd: runtimeDir,
    env: cleanEnvironment(runtimeDir, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${process.execPath} did not start`)
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    err += text
  })
  const ended = once(child, 'close').then(([code, signal]): Outcome => {
    return { code: code ?? 128 + constants.signals[signal as NodeJS.Signals], out, err }
  })
  t.teardown(async () => {
    child.kill('SIGTERM')
    await eventually(`espalier ${pid} is gone`, () => !isRunning(pid))
  })
  return {
    child,
    pid,
    out: () => out,
    err: () => err,
    ended,
    async says(pattern) {
      let found: RegExpExecArray | null = null
      await eventually(`${pattern} in ${args.join(' ')}`, () => {
        found = pattern.exec(out)
        if (found === null && child.exitCode !== null) throw new Error(`ended without ${pattern}: ${out}${err}`)
        return found !== null
      })
      return found!
    },
  }
}

/** Runs `espalier ARGS` to its end. */
export function cli(
  t: Test,
  runtimeDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return startCli(t, runtimeDir, args, env).ended
}
