/** The daemon of the campaign as a process, and its ends: killed, or its host thread. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Death } from '../../host-loss/mortal.js'
import { Violation } from '../campaign.js'

export class Victim {
  readonly #daemon: ChildProcess
  readonly #lines: Interface

  private constructor(daemon: ChildProcess, lines: Interface) {
    this.#daemon = daemon
    this.#lines = lines
  }

  /** Starts one in this folder, and waits until it is up. @throws {Violation} when it does not come up */
  static async start(folder: string): Promise<Victim> {
    const program = fileURLToPath(new URL('./mortal.js', import.meta.url))
    const daemon = spawn(process.execPath, [program, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
    const victim = new Victim(daemon, createInterface(daemon.stdout))
    await victim.#said('up')
    return victim
  }

  /** Ends its host thread in this way, and waits until that is heard of. */
  async endHost(how: Death): Promise<void> {
    const lost = this.#said('lost')
    this.#daemon.stdin?.write(`${how}\n`)
    await lost
  }

  /** SIGKILL, or SIGTERM for an orderly end. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#daemon.exitCode !== null || this.#daemon.signalCode !== null) return
    const exit = once(this.#daemon, 'exit')
    this.#daemon.kill(signal)
    await exit
  }

  async #said(word: string): Promise<void> {
    const done = new AbortController()
    const { signal } = done
    const gone = once(this.#daemon, 'exit', { signal }).then(([code, by]) => {
      throw new Violation(`the daemon ended (${by ?? code}) before it said ${word}`)
    })
    const line = once(this.#lines, 'line', { signal }).then(([said]) => {
      if (said !== word) throw new Violation(`the daemon said ${said} and not ${word}`)
    })
    gone.catch(() => undefined)
    line.catch(() => undefined)
    await Promise.race([line, gone]).finally(() => done.abort())
  }
}
