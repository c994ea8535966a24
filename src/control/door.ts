/** The operator's socket where keepers serve: a door, a program in C, says of everybody who comes in which service they live. */

import { type ChildProcess, type SendHandle, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { dirname } from 'node:path'
import { EspalierError } from '../../protocol/failures.js'
import { keeperProgram } from '../keeper/program.js'
import { type ConnectionOptions, REQUEST_DEADLINE_MS } from './connection.js'
import { CONNECTIONS_MAX, type ListeningSocket } from './listen.js'
import { checkSocketPath } from './paths.js'
import { createReception } from './reception.js'

/** How long it may take from its start to its first word, in ms. */
const START_MS = 10_000

/** How long after a door that ended by itself the next one is opened, in ms. */
const AGAIN_MS = 1000

/** How long a door may take to end once its daemon has let go, in ms. */
const END_MS = 2000

/** Where a process lives, by the kernel's word. `unknown`: it has ended already, or cannot be seen from here. */
export interface Visitor {
  readonly where: 'inside' | 'outside' | 'unknown'
  /** Of `inside`; '' for one that no service can have. */
  readonly service: string
  readonly pid: number
}

export interface DoorOptions {
  /** `control.sock` in the runtime directory, whose lock the caller holds. */
  readonly path: string
  /** What this one is served. */
  readonly serve: (visitor: Visitor) => Pick<ConnectionOptions, 'allowed' | 'handle' | 'asker'>
  /** Hears that the door was lost, and whether another one stands. */
  readonly onTrouble: (message: string) => void
}

/** Opens the door; one that is lost is replaced. @throws {EspalierError} `unavailable`, with the reason */
export async function openDoor(options: DoorOptions): Promise<ListeningSocket> {
  const { path, onTrouble } = options
  const reception = createReception(CONNECTIONS_MAX)
  let isClosed = false
  let again: NodeJS.Timeout | undefined
  checkSocketPath(path)
  const receive = (visitor: Visitor, socket: Socket) => {
    // As on a socket of ours: who has said all may still wait for the answer.
    socket.allowHalfOpen = true
    if (visitor.where === 'unknown') {
      reception.refuse(socket, 'owner_died', 'whoever opened this connection has ended: open one of your own')
    } else reception.take(socket, { ...options.serve(visitor), requestDeadlineMs: REQUEST_DEADLINE_MS })
  }
  const open = async () => {
    const opened = await startDoor(dirname(path), receive)
    opened.once('exit', (code, signal) => {
      if (isClosed) return
      onTrouble(`the door of ${path} ended (${signal ?? code}): another one is opened`)
      again = setTimeout(() => void reopen(), AGAIN_MS)
    })
    return opened
  }
  const reopen = async () => {
    try {
      door = await open()
      if (isClosed) await end(door)
    } catch (error) {
      onTrouble(error instanceof Error ? error.message : String(error))
      if (!isClosed) again = setTimeout(() => void reopen(), AGAIN_MS)
    }
  }
  let door = await open()
  return {
    path,
    async close() {
      isClosed = true
      clearTimeout(again)
      await end(door)
      rmSync(path, { force: true })
      await reception.close()
    },
  }
}

async function startDoor(
  directory: string,
  receive: (visitor: Visitor, socket: Socket) => void,
): Promise<ChildProcess> {
  const child = spawn(keeperProgram(), ['--door', directory], {
    // Of its own session: Ctrl-C is the daemon's, whose end is the door's.
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    env: {},
  })
  child.on('message', (message, handle: SendHandle | undefined) => {
    if (!(handle instanceof Socket)) return
    const visitor = visitorOf(message)
    if (visitor === null) handle.destroy()
    else receive(visitor, handle)
  })
  const word = await firstWord(child)
  if (word.trim() === 'ready') return child
  await end(child)
  throw new EspalierError('unavailable', `the door of ${JSON.stringify(directory)} did not open: ${word.trim()}`)
}

function visitorOf(message: unknown): Visitor | null {
  if (typeof message !== 'object' || message === null) return null
  if (!('where' in message && 'service' in message && 'pid' in message)) return null
  const { where, service, pid } = message
  if (where !== 'inside' && where !== 'outside' && where !== 'unknown') return null
  return typeof service === 'string' && typeof pid === 'number' ? { where, service, pid } : null
}

function firstWord(child: ChildProcess): Promise<string> {
  return new Promise(settle => {
    const timer = setTimeout(() => settle('it said nothing'), START_MS)
    const done = (word: string) => {
      clearTimeout(timer)
      child.stdout?.destroy()
      settle(word)
    }
    child.stdout?.once('data', (word: Buffer) => done(word.toString()))
    child.once('error', error => done(error.message))
    child.once('exit', code => done(`it ended with ${code}`))
  })
}

/** Lets go of it, and resolves when it has ended. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = new Promise<void>(settle => {
    child.once('exit', () => settle())
  })
  if (child.connected) child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
  await ended
  clearTimeout(timer)
}
