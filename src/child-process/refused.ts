/** A child that was refused: what Node gives for a program that is not there, with another error. */

import { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { Readable, Writable } from 'node:stream'
import type { SpawnDenied } from '../../protocol/failures.js'

/** What a child that never was has in place of an exit code, as with ENOENT: an errno, here EAGAIN's, below zero. */
const ERRNO = -constants.errno.EAGAIN

interface Options {
  readonly stdio?: unknown
  readonly silent?: unknown
}

/**
 * A `ChildProcess` without a pid, with the streams that were asked for. It emits `error` in the next turn and `close` when its
 * streams have ended; a callback among `args` gets the error.
 */
export function refusedChild(start: string, args: readonly unknown[], denied: SpawnDenied): ChildProcess {
  const file = String(args[0])
  const list = Array.isArray(args[1]) ? args[1].map(String) : []
  const options: Options = args.slice(1).find(isOptions) ?? {}
  const callback = args.findLast(isCallback)
  const error = Object.assign(denied, { errno: ERRNO, syscall: `spawn ${file}`, path: file, spawnargs: list })
  const child = new ChildProcess()
  const kinds = kindsOf(start, options)
  const stdin = kinds[0] === 'pipe' ? new Writable({ write: (_chunk, _encoding, done) => done() }) : null
  const outputs = kinds.slice(1).map(kind => (kind === 'pipe' ? new Readable({ read: () => undefined }) : null))
  const isHeard = start === 'exec' || start === 'execFile'
  Object.assign(child, {
    stdin,
    stdout: outputs[0] ?? null,
    stderr: outputs[1] ?? null,
    stdio: [stdin, ...outputs],
    spawnfile: file,
    spawnargs: [file, ...list],
    exitCode: ERRNO,
    // Node's own would signal the pid of a process that never was, which is 0: all of our process group.
    kill: () => false,
    ...(kinds.includes('ipc') ? { connected: false, send: notSent, disconnect: () => undefined } : {}),
  })
  process.nextTick(() => {
    stdin?.destroy()
    const ended = outputs.filter(output => output !== null).map(endOutput)
    // As Node: exec and execFile hear of it themselves, so that nobody has to.
    if (isHeard) child.on('error', () => undefined)
    if (isHeard) callback?.(Object.assign(error, { cmd: [file, ...list].join(' ') }), '', '')
    child.emit('error', error)
    Promise.all(ended).then(() => child.emit('close', ERRNO, null))
  })
  return child
}

/** What each stream was asked to be. A fork has a channel, and no pipes unless it is silent. */
function kindsOf(start: string, { stdio, silent }: Options): readonly unknown[] {
  const kind = start === 'fork' && silent !== true ? 'inherit' : 'pipe'
  const preset = start === 'fork' ? [kind, kind, kind, 'ipc'] : [kind, kind, kind]
  if (typeof stdio === 'string') return preset.map((_, index) => (index < 3 ? stdio : preset[index]))
  if (!Array.isArray(stdio)) return preset
  return [0, 1, 2, ...stdio.keys()]
    .filter((at, index, all) => all.indexOf(at) === index)
    .map(at => kindOf(stdio[at], at))
}

function kindOf(kind: unknown, at: number): unknown {
  if (kind === undefined || kind === null) return at < 3 ? 'pipe' : 'ignore'
  return kind === 'overlapped' ? 'pipe' : kind
}

/** Its end reaches a reader, and one that nobody reads ends too. */
function endOutput(output: Readable): Promise<void> {
  output.push(null)
  if (!output.readableFlowing && output.listenerCount('readable') === 0) output.resume()
  return new Promise(settle => output.once('close', settle))
}

/** Nobody is there to send to; said as Node says it of a channel that is closed. */
function notSent(_message: unknown, ...rest: readonly unknown[]): boolean {
  const callback = rest.findLast(isCallback)
  const closed = Object.assign(new Error('Channel closed'), { code: 'ERR_IPC_CHANNEL_CLOSED' })
  if (callback !== undefined) process.nextTick(callback, closed)
  return false
}

function isOptions(value: unknown): value is Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCallback(value: unknown): value is (...args: unknown[]) => void {
  return typeof value === 'function'
}
