/** `espalier up`: a daemon in the background, in a session of its own; returns when its services are up, or says why not. */

import { type ChildProcess, spawn } from 'node:child_process'
import { harmless } from '../terminal/harmless.js'
import { EXIT } from './exit-codes.js'

export interface UpOptions {
  readonly config?: string
  readonly runtimeDir?: string
  readonly stateDir?: string
  /** How long services may take to be up, in ms. */
  readonly timeout: number
}

/** What the daemon says to the `up` that started it: how it gets on, then once how it ended. */
export type UpWord =
  | { readonly progress: string }
  | { readonly up: true; readonly pid: number; readonly services: readonly string[] }
  | { readonly up: false; readonly code: number; readonly lines: readonly string[] }

type Outcome = Exclude<UpWord, { readonly progress: string }>

/** 0 once every service is up; else the code of what kept the daemon from it. */
export async function upCommand(options: UpOptions): Promise<number> {
  // The program that we are ourselves.
  const [, main] = process.argv
  const config = options.config === undefined ? [] : ['-c', options.config]
  const { runtimeDir, stateDir } = options
  const place = [
    ...(runtimeDir === undefined ? [] : ['--runtime-dir', runtimeDir]),
    ...(stateDir === undefined ? [] : ['--state-dir', stateDir]),
  ]
  const daemon = spawn(process.execPath, [...process.execArgv, main, 'daemon', ...config, ...place], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const word = await lastWord(daemon, options.timeout)
  if (daemon.connected) daemon.disconnect()
  daemon.unref()
  if (word === null) {
    process.stderr.write(
      `espalier: the daemon (pid ${daemon.pid}) is not up within ${options.timeout / 1000}s and goes on trying: ` +
        'look with "espalier status", end it with "espalier down"\n',
    )
    return EXIT.timeout
  }
  if (!word.up) {
    process.stderr.write(`${word.lines.map(harmless).join('\n')}\n`)
    return word.code
  }
  process.stdout.write(`daemon ${word.pid}\n${word.services.map(name => `up ${name}\n`).join('')}`)
  return EXIT.ok
}

/** Shows how it gets on. Null when it has not come to an end in time. */
function lastWord(daemon: ChildProcess, withinMs: number): Promise<Outcome | null> {
  return new Promise(settle => {
    const timer = setTimeout(() => settle(null), withinMs)
    const done = (word: Outcome) => {
      clearTimeout(timer)
      settle(word)
    }
    const died = (how: string) => done({ up: false, code: EXIT.failure, lines: [`espalier: the daemon ${how}`] })
    daemon.on('message', message => {
      const word = message as UpWord
      if ('progress' in word) process.stderr.write(`espalier | ${harmless(word.progress)}\n`)
      else done(word)
    })
    daemon.once('error', error => died(`did not start: ${error.message}`))
    daemon.once('exit', (code, signal) => died(`ended before it was up: ${signal ?? `exit code ${code}`}`))
  })
}
