/**
 * The ends of a process's pipes, opened out of its keeper: the kernel gives a second descriptor for the same pipe. Outputs are
 * opened when somebody first asks for them, as of most processes nothing is read; stdin at once, or a keeper that dies would end it.
 */

import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { Readable, type Writable } from 'node:stream'
import { keepOutput } from '../launcher/output.js'

/** Descriptors in the keeper, as `started` tells them; 0 is none. */
export interface KeeperDescriptors {
  readonly stdinFd: number
  readonly stdoutFd: number
  readonly stderrFd: number
}

/** What the pipes ask of those who know the keeper. */
export interface PipeKeeper {
  readonly pid: number
  /** Stdin is used: the keeper must let go of its end, or the process would never see that ours was closed. */
  opened(): void
}

export class Pipes {
  readonly #keeper: PipeKeeper
  readonly #fds: KeeperDescriptors
  readonly #exited: Promise<unknown>
  #stdinFd: number | null
  #isReleased = false
  #stdin: Writable | null = null
  #stdout: Readable | null = null
  #stderr: Readable | null = null

  /** `exited` settles when the process has ended, after `settle`. @throws a system error when no descriptor is left here */
  constructor(keeper: PipeKeeper, fds: KeeperDescriptors, exited: Promise<unknown>) {
    this.#keeper = keeper
    this.#fds = fds
    this.#exited = exited
    this.#stdinFd = fds.stdinFd === 0 ? null : this.#open(fds.stdinFd, constants.O_WRONLY)
  }

  get stdin(): Writable | null {
    if (this.#stdin === null && this.#fds.stdinFd !== 0) {
      this.#stdin = writer(this.#stdinFd)
      if (this.#stdinFd !== null) this.#keeper.opened()
      this.#stdinFd = null
    }
    return this.#stdin
  }

  get stdout(): Readable {
    this.#stdout ??= this.#openOutput(this.#fds.stdoutFd)
    return this.#stdout
  }

  get stderr(): Readable {
    this.#stderr ??= this.#openOutput(this.#fds.stderrFd)
    return this.#stderr
  }

  /**
   * The process has ended, and when that is acknowledged the keeper lets go. `hasOutput`: something waits in its pipes, or may
   * still come from a fork of it; then they are opened now, for one who looks later.
   */
  settle(hasOutput: boolean): void {
    if (hasOutput) {
      this.#stdout ??= this.#openOutput(this.#fds.stdoutFd)
      this.#stderr ??= this.#openOutput(this.#fds.stderrFd)
    }
    this.release()
    if (this.#stdinFd !== null) closeSync(this.#stdinFd)
    this.#stdinFd = null
  }

  /** The keeper's descriptors are out of reach, or another's by now: an output that was not opened stays empty. */
  release(): void {
    this.#isReleased = true
  }

  #openOutput(fd: number): Readable {
    return keepOutput(fd === 0 || this.#isReleased ? Readable.from([]) : this.#reader(fd), this.#exited)
  }

  /** Empty, with a warning, when no descriptor is left here. */
  #reader(fd: number): Readable {
    try {
      return new Socket({ fd: this.#open(fd, constants.O_RDONLY), readable: true, writable: false })
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error
      process.emitWarning(`espalier: the output of a child cannot be opened, and is lost: ${error.message}`)
      return Readable.from([])
    }
  }

  #open(fd: number, how: number): number {
    // Both ends are the keeper's and ours alone: without O_NONBLOCK nothing would wait here either, but nothing must.
    return openSync(`/proc/${this.#keeper.pid}/fd/${fd}`, how | constants.O_NONBLOCK)
  }
}

/** Null: the process has ended, and nobody reads any more. */
function writer(fd: number | null): Writable {
  const stdin = fd === null ? new Socket() : new Socket({ fd, readable: false, writable: true })
  // A child that closed its stdin must not bring its supervisor down; the writer's callback hears of it.
  stdin.on('error', () => false)
  if (fd === null) stdin.destroy()
  return stdin
}
