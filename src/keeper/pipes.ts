/** The ends of a process's pipes, opened out of its keeper: the kernel gives a second descriptor for the same pipe. */

import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { Readable, type Writable } from 'node:stream'

/** Descriptors in the keeper, as `started` tells them; 0 is none. */
export interface KeeperPipes {
  readonly stdinFd: number
  readonly stdoutFd: number
  readonly stderrFd: number
}

export interface OpenPipes {
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly stderr: Readable
}

/**
 * Opens what is there. To be called before the exit of that process is acknowledged: until then the keeper holds its ends.
 * @throws a system error when no descriptor is left here
 */
export function openPipes(keeperPid: number, { stdinFd, stdoutFd, stderrFd }: KeeperPipes): OpenPipes {
  const { O_RDONLY, O_WRONLY } = constants
  const opened: number[] = []
  const open = (fd: number, how: number) => {
    // Both ends are the keeper's and ours alone: without O_NONBLOCK nothing would wait here either, but nothing must.
    const own = openSync(`/proc/${keeperPid}/fd/${fd}`, how | constants.O_NONBLOCK)
    opened.push(own)
    return own
  }
  try {
    const stdin = stdinFd === 0 ? null : open(stdinFd, O_WRONLY)
    const outputs = [stdoutFd, stderrFd].map(fd => (fd === 0 ? null : open(fd, O_RDONLY)))
    return { stdin: stdin === null ? null : writer(stdin), stdout: reader(outputs[0]), stderr: reader(outputs[1]) }
  } catch (error) {
    for (const fd of opened) closeSync(fd)
    throw error
  }
}

function reader(fd: number | null): Readable {
  return fd === null ? Readable.from([]) : new Socket({ fd, readable: true, writable: false })
}

function writer(fd: number): Writable {
  const stdin = new Socket({ fd, readable: false, writable: true })
  // A child that closed its stdin must not bring its supervisor down; the writer's callback hears of it.
  stdin.on('error', () => false)
  return stdin
}
