/** A keeper spoken to by hand: its own folder, raw frames, every report kept. */

import type { Socket } from 'node:net'
import tap, { type Test } from 'tap'
import { createReportDecoder, encodeCommand, encodeNumbers, type Report } from '../../protocol/keeper/frames.js'
import { KEEPER_VERSION } from '../../protocol/keeper/messages.js'
import { encodeSpawn, type SpawnOrder } from '../../protocol/keeper/spawn.js'
import { connectToKeeper } from '../../src/keeper/connect.js'
import type { KeeperPolicy } from '../../src/keeper/directory.js'
import { hasKeeper } from '../../src/keeper/program.js'
import { type KeeperIdentity, startKeeper } from '../../src/keeper/start.js'
import { TEST_ENV } from '../launcher/processes.js'
import { privateFolder } from './folder.js'
import { eventually, isRunning } from './processes.js'

export interface RawKeeper extends KeeperIdentity {
  readonly folder: string
}

/** Starts one that is killed with all it keeps, and proved gone, when the test ends. */
export async function startRawKeeper(
  t: Test,
  policy: Partial<KeeperPolicy> = {},
  folder = privateFolder(t),
  cgroups: readonly string[] = [],
): Promise<RawKeeper> {
  const identity = await startKeeper(
    folder,
    { abandonMs: 20_000, keep: false, graceMs: 100, ...policy },
    false,
    cgroups,
  )
  if (identity === null) throw new Error('another keeper is there')
  t.teardown(async () => {
    if (!isRunning(identity.pid)) return
    const link = await connectRaw({ ...identity, folder })
    link.hello()
    link.end(1, [0])
    await link.heard('ended', 1)
    // Whatever it has to tell, nobody else will hear it.
    link.ack(Number.MAX_SAFE_INTEGER)
    await eventually('the keeper is gone', () => !isRunning(identity.pid))
  })
  return { ...identity, folder }
}

export interface RawLink {
  readonly socket: Socket
  readonly reports: readonly Report[]
  hello(generation?: number, lastSeq?: number): void
  send(...frames: readonly Uint8Array[]): void
  spawn(id: number, script: string, over?: Partial<SpawnOrder>): void
  ack(seq: number): void
  end(request: number, ids: readonly number[], deadlineMs?: number): void
  signal(request: number, ids: readonly number[], signal: number, scope?: number): void
  /** The first report of this kind, and of this id. */
  heard<Kind extends Report['kind']>(kind: Kind, id?: number): Promise<Extract<Report, { kind: Kind }>>
  all<Kind extends Report['kind']>(kind: Kind): readonly Extract<Report, { kind: Kind }>[]
  /** Resolves when the keeper has hung up. */
  readonly closed: Promise<unknown>
}

export async function connectRaw({ folder }: { readonly folder: string }): Promise<RawLink> {
  const socket = await connectToKeeper(folder)
  const reports: Report[] = []
  const decoder = createReportDecoder()
  socket.on('data', (bytes: Buffer) => {
    const { reports: some, fault } = decoder.push(bytes)
    if (fault !== null) throw new Error(fault)
    // A tail is a view of bytes that are used again.
    for (const report of some) reports.push({ ...report, tail: report.tail.slice() } as Report)
  })
  socket.on('error', () => false)
  const send = (...frames: readonly Uint8Array[]) => {
    for (const frame of frames) socket.write(frame)
  }
  const all = <Kind extends Report['kind']>(kind: Kind) =>
    reports.filter((report): report is Extract<Report, { kind: Kind }> => report.kind === kind)
  return {
    socket,
    reports,
    send,
    all,
    hello: (generation = 0, lastSeq = 0) =>
      send(encodeCommand('hello', 0, { version: KEEPER_VERSION, daemonPid: process.pid, generation, lastSeq })),
    spawn: (id, script, over = {}) => send(...framesOf(id, script, over)),
    ack: seq => send(encodeCommand('ack', 0, { seq })),
    end: (request, ids, deadlineMs = 5000) =>
      send(encodeCommand('end', request, { deadlineMs, reason: 0 }, encodeNumbers(ids))),
    signal: (request, ids, signal, scope = 0) =>
      send(encodeCommand('signal', request, { signal, scope, reason: 0 }, encodeNumbers(ids))),
    async heard(kind, id) {
      const find = () => all(kind).find(report => id === undefined || report.id === id)
      await eventually(`hear ${kind} ${id ?? ''}`, () => find() !== undefined)
      return find()!
    },
    closed: new Promise(settle => socket.once('close', settle)),
  }
}

/** The frames of a shell script with no stdio unless `over` says so. */
function framesOf(id: number, script: string, over: Partial<SpawnOrder>): readonly Uint8Array[] {
  const frames = encodeSpawn(id, {
    key: 1000 + id,
    parentId: 0,
    argv: ['sh', '-c', script],
    env: Object.entries(TEST_ENV).map(([name, value]) => `${name}=${value}`),
    cwd: '/',
    stdio: ['null', 'null', 'null'],
    noNewPrivileges: true,
    user: null,
    nice: null,
    limits: [],
    ttlMs: null,
    word: '',
    ...over,
  })
  if (!frames.ok) throw new Error(frames.problem)
  return frames.value
}

/** A link on which hello was said and welcome heard. */
export async function greeted(
  keeper: { readonly folder: string },
  config?: { readonly abandonMs: number; readonly graceMs: number; readonly keep: number },
): Promise<RawLink> {
  const link = await connectRaw(keeper)
  link.hello()
  if (config !== undefined) link.send(encodeCommand('config', 0, config))
  await link.heard('welcome')
  return link
}

/** A test that needs the keeper's program; where it was not built there is nothing to test. */
export function checkKeeper(behaviour: string, body: (t: Test) => Promise<void>): void {
  tap.test(behaviour, async t => {
    if (hasKeeper()) await body(t)
    else t.pass('no keeper was built')
  })
}
